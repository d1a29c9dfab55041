namespace NclueGateway.Upstream.Pacing;

/// <summary>Rule for the duration of a pause of all replicas after the upstream has throttled a request.</summary>
/// <param name="Name">Name of the rule in the protocol between replicas.</param>
/// <param name="First">First pause; each further refusal doubles it.</param>
/// <param name="Longest">Maximum pause after doubling.</param>
internal sealed record ThrottlePolicy(string Name, TimeSpan First, TimeSpan Longest)
{
    /// <summary>Rule for requests that come too fast.</summary>
    public static readonly ThrottlePolicy Throttled = new("throttled", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60));

    /// <summary>Rule for a quota that is used up.</summary>
    public static readonly ThrottlePolicy Exceeded = new("exceeded", TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(15));

    /// <summary>Returns the rule that another replica has named. An unknown name, of a later release, counts as a throttle.</summary>
    public static ThrottlePolicy Named(string name) => name == Exceeded.Name ? Exceeded : Throttled;
}
