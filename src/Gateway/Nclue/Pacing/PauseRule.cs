namespace NclueGateway.Nclue.Pacing;

/// <summary>How long nobody departs after the upstream has refused a call because there were too many.</summary>
/// <param name="Name">What replicas call it among themselves.</param>
/// <param name="Kind">The refusal.</param>
/// <param name="First">The first pause; each further refusal doubles it.</param>
/// <param name="Longest">It is doubled up to this one.</param>
internal sealed record PauseRule(string Name, NclueFailureKind Kind, TimeSpan First, TimeSpan Longest)
{
    public static readonly PauseRule Throttled =
        new("throttled", NclueFailureKind.Throttled, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60));

    public static readonly PauseRule Exceeded =
        new("exceeded", NclueFailureKind.QuotaExceeded, TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(15));

    /// <summary>The rule for a refusal; null for a failure that says nothing of how many calls there were.</summary>
    public static PauseRule? For(NclueFailureKind kind) => kind switch
    {
        NclueFailureKind.Throttled => Throttled,
        NclueFailureKind.QuotaExceeded => Exceeded,
        _ => null,
    };

    /// <summary>The rule that another replica has named; a name of a later release is that of a throttle.</summary>
    public static PauseRule Named(string name) => name == Exceeded.Name ? Exceeded : Throttled;
}
