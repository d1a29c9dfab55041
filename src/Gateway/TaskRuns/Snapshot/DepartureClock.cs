using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The clock of departures, in milliseconds: Redis' clock, which all replicas share, or this process's monotonic clock without Redis.
/// </summary>
/// <param name="redis">Redis' clock; null without Redis.</param>
internal sealed class DepartureClock(TimeProvider time, RedisClock? redis = null)
{
    /// <summary>Returns the departure of a request, or an earlier moment, so that no age is understated.</summary>
    public long Of(Permit permit) =>
        redis is not null ? permit.Grant.Time : (long)time.GetElapsedTime(0, permit.At).TotalMilliseconds;

    /// <summary>Returns the timestamp of a departure, or an earlier one.</summary>
    public long TimestampOf(long departure) =>
        redis?.TimestampOf(departure) ?? time.Ticks(TimeSpan.FromMilliseconds(departure));

    /// <summary>Returns the earliest departure of a request that is permitted after a timestamp.</summary>
    public long EarliestAfter(long timestamp) =>
        redis is not null ? redis.At(timestamp).Least : (long)time.GetElapsedTime(0, timestamp).TotalMilliseconds;

    /// <summary>Returns the time since a departure; never less than it is.</summary>
    public TimeSpan AgeOf(long departure) => time.GetElapsedTime(TimestampOf(departure));
}
