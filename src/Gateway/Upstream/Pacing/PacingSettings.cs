using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>The budget of the account, as the settings describe it.</summary>
/// <param name="Interval">The least time between two departures, all replicas together.</param>
/// <param name="ReplicaCount">Maximum number of replicas that run at once.</param>
/// <param name="KeepFor">Maximum age of a copy of a block.</param>
internal sealed record PacingSettings(TimeSpan Interval, int ReplicaCount, TimeSpan KeepFor)
{
    /// <value>The interval in whole milliseconds, as the script counts.</value>
    public long IntervalMilliseconds { get; } = Interval.ToMilliseconds();
}
