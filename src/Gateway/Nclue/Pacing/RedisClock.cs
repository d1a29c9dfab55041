namespace NclueGateway.Nclue.Pacing;

/// <summary>
/// Redis' clock, as this replica's monotonic clock carries it from one answer of Redis to the next. Nothing here is a wall clock: those of two
/// machines may be hours apart.
/// </summary>
/// <remarks>
/// An answer that says <c>now</c> was written between the timestamps when it was asked for and received, so it gives a bound on either side. The
/// tightest of the last minute count; by then two clocks have drifted apart by a few milliseconds at most. Not thread-safe.
/// </remarks>
internal sealed class RedisClock(TimeProvider time)
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(1);

    private readonly long _keepFor = time.Ticks(KeepFor);
    private readonly double _ticksPerMillisecond = time.TimestampFrequency / 1000d;
    private Anchor? _least;
    private Anchor? _most;

    /// <summary>Whether Redis has ever said what time it is.</summary>
    public bool IsKnown => _least is not null;

    /// <summary>An answer has come.</summary>
    /// <param name="askedAt">The timestamp before it was asked for.</param>
    /// <param name="receivedAt">The timestamp after it was received.</param>
    /// <param name="now">What it says (ms, rounded down).</param>
    public void Observe(long askedAt, long receivedAt, long now)
    {
        Anchor least = new(receivedAt, now), most = new(askedAt, now + 1);
        if (_least is not { } l || _most is not { } m || At(l, receivedAt) > At(most, receivedAt) || At(m, receivedAt) < At(least, receivedAt))
        {
            (_least, _most) = (least, most); // the first one; or the clock was set, and what was known is void
            return;
        }

        if (At(least, receivedAt) >= At(l, receivedAt) || receivedAt - l.Timestamp > _keepFor)
        {
            _least = least;
        }

        if (At(most, receivedAt) <= At(m, receivedAt) || receivedAt - m.Timestamp > _keepFor)
        {
            _most = most;
        }
    }

    /// <summary>What Redis' clock shows at a timestamp at the least (ms); 0 when nothing is known.</summary>
    public long AtLeast(long timestamp) => _least is { } least ? (long)Math.Floor(At(least, timestamp)) : 0;

    /// <summary>What Redis' clock shows at a timestamp at the most (ms); 0 when nothing is known.</summary>
    public long AtMost(long timestamp) => _most is { } most ? (long)Math.Ceiling(At(most, timestamp)) : 0;

    /// <summary>The earliest timestamp at which Redis' clock can have shown <paramref name="now"/> (ms), so that no age is understated.</summary>
    public long TimestampOf(long now) =>
        _most is { } most ? most.Timestamp + (long)Math.Floor((now - most.Time) * _ticksPerMillisecond) : long.MinValue;

    private double At(Anchor anchor, long timestamp) => anchor.Time + ((timestamp - anchor.Timestamp) / _ticksPerMillisecond);

    private readonly record struct Anchor(long Timestamp, long Time);
}
