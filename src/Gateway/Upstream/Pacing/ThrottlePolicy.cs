namespace NclueGateway.Upstream.Pacing;

/// <summary>How long nobody departs after the upstream has refused a call because there were too many.</summary>
/// <param name="Name">What replicas call it among themselves.</param>
/// <param name="First">The first pause; each further refusal doubles it.</param>
/// <param name="Longest">It is doubled up to this one.</param>
internal sealed record ThrottlePolicy(string Name, TimeSpan First, TimeSpan Longest)
{
    /// <summary>The rule for one request too many.</summary>
    public static readonly ThrottlePolicy Throttled = new("throttled", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60));

    /// <summary>The rule for a quota that is used up.</summary>
    public static readonly ThrottlePolicy Exceeded = new("exceeded", TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(15));

    /// <summary>The rule that another replica has named; a name of a later release is that of a throttle.</summary>
    public static ThrottlePolicy Named(string name) => name == Exceeded.Name ? Exceeded : Throttled;
}
