using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>Budget of the account, from the settings.</summary>
/// <param name="Interval">Minimum time between two permits of all replicas.</param>
/// <param name="ReplicaCount">Maximum number of replicas that run at once.</param>
/// <param name="KeepFor">Maximum age of a copy of a block.</param>
internal sealed record PacingSettings(TimeSpan Interval, int ReplicaCount, TimeSpan KeepFor)
{
    /// <value>The interval in whole milliseconds, as the script counts.</value>
    public long IntervalMilliseconds { get; } = Interval.ToMilliseconds();

    /// <value>Time without Redis after which replicas send in their slots. By then every departure that Redis granted has ended.</value>
    public TimeSpan SlotsAfter { get; } = 3 * Interval;

    /// <value>Key of the snapshot's log, with the account's hash tag; empty for none.</value>
    public string LogKey { get; init; } = "";
}
