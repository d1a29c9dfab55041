using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// Redis' clock, extrapolated with this replica's monotonic clock between two replies of Redis. No wall clock is used,
/// because those of two machines may be hours apart.
/// </summary>
/// <remarks>
/// A reply with the time <c>now</c> was written between the timestamps of the call and of its receipt, so it gives a lower and an upper
/// bound. The tightest bounds of the last minute count. In that time two clocks drift apart by a few milliseconds at most.
/// </remarks>
internal sealed class RedisClock(TimeProvider time)
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(1);

    private readonly long _keepFor = time.Ticks(KeepFor);
    private readonly double _ticksPerMillisecond = time.TimestampFrequency / 1000d;
    private Anchors? _anchors;

    /// <summary>True if Redis has ever reported its time.</summary>
    public bool IsKnown => Volatile.Read(ref _anchors) is not null;

    /// <summary>Updates the bounds from a reply. Only one caller at a time.</summary>
    /// <param name="askedAt">The timestamp before the request.</param>
    /// <param name="receivedAt">The timestamp after the response was received.</param>
    /// <param name="now">The time in the response (ms, rounded down).</param>
    public void Observe(long askedAt, long receivedAt, long now)
    {
        Anchor least = new(receivedAt, now), most = new(askedAt, now + 1);
        if (_anchors is var (l, m) && At(l, receivedAt) <= At(most, receivedAt) && At(m, receivedAt) >= At(least, receivedAt))
        {
            least = At(least, receivedAt) >= At(l, receivedAt) || receivedAt - l.Timestamp > _keepFor ? least : l;
            most = At(most, receivedAt) <= At(m, receivedAt) || receivedAt - m.Timestamp > _keepFor ? most : m;
        }

        // Otherwise it is the first reply, or the clock was set and the earlier bounds no longer hold.
        Volatile.Write(ref _anchors, new(least, most));
    }

    /// <summary>Returns the bounds of Redis' clock at a timestamp (ms); 0 when they are unknown.</summary>
    public (long Least, long Most) At(long timestamp) => Volatile.Read(ref _anchors) is var (least, most)
        ? ((long)Math.Floor(At(least, timestamp)), (long)Math.Ceiling(At(most, timestamp)))
        : (0, 0);

    /// <summary>
    /// Returns the earliest timestamp at which Redis' clock can have shown <paramref name="now"/> (ms), so that no age is understated.
    /// </summary>
    public long TimestampOf(long now) => Volatile.Read(ref _anchors) is { Most: var most }
        ? most.Timestamp + (long)Math.Floor((now - most.Time) * _ticksPerMillisecond)
        : long.MinValue;

    private double At(Anchor anchor, long timestamp) => anchor.Time + ((timestamp - anchor.Timestamp) / _ticksPerMillisecond);

    private sealed record Anchors(Anchor Least, Anchor Most);

    private readonly record struct Anchor(long Timestamp, long Time);
}
