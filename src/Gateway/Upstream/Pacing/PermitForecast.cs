using NclueGateway.Redis;
using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// Forecast of the time until the next permit: by Redis' reply while Redis responds, otherwise by the slot of this
/// replica. A time without permits separates the two, so that requests under both rules are at least one interval
/// apart.
/// </summary>
internal sealed class PermitForecast(
    RedisCoordinatorSession session, RedisCircuit circuit, RedisClock clock, PacingSettings settings, TimeProvider time)
{
    private Arrival? _arrival;
    private long _notBefore = long.MinValue;

    /// <summary>
    /// Returns the estimated time until a permit is available; <see cref="TimeSpan.MaxValue"/> if none becomes
    /// available without another event.
    /// </summary>
    public TimeSpan UntilOpen(long now)
    {
        var state = circuit.State;
        return state.IsAvailable switch
        {
            true => Longest(Until(now, state.Since + time.Ticks(settings.Interval)), UntilRedisGrants(now)),
            false => now - state.SeenAt > time.Ticks(RedisCoordinatorSession.Gap)
                ? RedisCircuit.Patience // this process was suspended: the probe first finds out whether Redis is still away
                : Longest(Until(now, state.Since + time.Ticks(settings.SlotsAfter)), UntilSlot(now)),
            null => settings.Interval, // the first call is in flight
        };
    }

    /// <summary>Records that Redis grants no permit for a number of milliseconds from now.</summary>
    public void Wait(long milliseconds)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Min(milliseconds, RedisCoordinatorSession.LongestPause));
        Volatile.Write(ref _notBefore, time.GetTimestamp() + time.Ticks(wait));
    }

    /// <summary>
    /// Records that a request has arrived, so that the next permit is available earlier. Redis decides; until it responds, this replica
    /// counts from now.
    /// </summary>
    /// <param name="number">The number of its permit.</param>
    public void Arrived(long number) =>
        Volatile.Write(ref _arrival, new(number, clock.At(time.GetTimestamp()).Most + settings.IntervalMilliseconds));

    private TimeSpan UntilRedisGrants(long now)
    {
        var open = TimeSpan.Zero;
        if (session.Last is { Reply: var last })
        {
            var arrival = Volatile.Read(ref _arrival);
            var next = arrival?.Number == last.Number ? Math.Min(last.Next, arrival.Next) : last.Next;
            open = TimeSpan.FromMilliseconds(Math.Max(0, Math.Max(next, last.Quiet) - clock.At(now).Most));
        }

        return Longest(Until(now, Volatile.Read(ref _notBefore)), open);
    }

    /// <summary>
    /// Returns the time until the slot of this replica opens. A replica that never had a slot sends no requests while
    /// other replicas may run.
    /// </summary>
    private TimeSpan UntilSlot(long now)
    {
        if (session.Last is not { } last)
        {
            return settings.ReplicaCount == 1 ? TimeSpan.Zero : TimeSpan.MaxValue;
        }

        var interval = settings.IntervalMilliseconds;
        if (FallbackSchedule.Of(last.Reply, 4 * interval, interval) is not { } cycle
            || now - last.ReceivedAt > time.Ticks(FallbackSchedule.Lease))
        {
            return TimeSpan.MaxValue;
        }

        var (atLeast, atMost) = clock.At(now);
        return cycle.Length == 1 ? TimeSpan.Zero
            : cycle.UntilOpen(atLeast, atMost) is { } wait ? TimeSpan.FromMilliseconds(wait)
            : TimeSpan.MaxValue;
    }

    private TimeSpan Until(long now, long then) => then > now ? time.GetElapsedTime(now, then) : TimeSpan.Zero;

    private static TimeSpan Longest(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed record Arrival(long Number, long Next);
}
