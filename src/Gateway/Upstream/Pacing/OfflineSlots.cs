using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// Slots in which this replica sends while Redis is away. A replica that never had a slot sends nothing while other replicas may run.
/// </summary>
internal sealed class OfflineSlots(PacingSettings settings, RedisClock clock, TimeProvider time)
{
    /// <summary>Time that Redis keeps a slot for a replica that does not call, and that a replica uses its slot without Redis.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    /// <summary>Returns the time until a slot opens; <see cref="TimeSpan.MaxValue"/> when time alone opens none.</summary>
    /// <param name="last">The newest reply of Redis, if there was one.</param>
    /// <param name="now">The present timestamp.</param>
    public TimeSpan UntilOpen(ReceivedReply? last, long now)
    {
        if (last is null)
        {
            return settings.ReplicaCount == 1 ? TimeSpan.Zero : TimeSpan.MaxValue;
        }

        var interval = settings.IntervalMilliseconds;
        if (FallbackSchedule.Of(last.Reply, 4 * interval, interval) is not { } cycle || now - last.ReceivedAt > time.Ticks(Lease))
        {
            return TimeSpan.MaxValue;
        }

        var (atLeast, atMost) = clock.At(now);
        return cycle.Length == 1 ? TimeSpan.Zero
            : cycle.UntilOpen(atLeast, atMost) is { } wait ? TimeSpan.FromMilliseconds(wait)
            : TimeSpan.MaxValue;
    }
}
