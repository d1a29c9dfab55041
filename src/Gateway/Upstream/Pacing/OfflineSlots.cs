using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The slots in which this replica sends while Redis is away. A replica that never had a slot sends nothing while others may run.
/// </summary>
internal sealed class OfflineSlots(PacingSettings settings, RedisClock clock, TimeProvider time)
{
    /// <summary>How long Redis keeps a slot for a replica that does not call, and how long a replica uses it without Redis.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    /// <summary>Returns how long until a slot is open; <see cref="TimeSpan.MaxValue"/> when no time alone opens one.</summary>
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
