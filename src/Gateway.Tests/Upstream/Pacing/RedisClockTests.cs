using Microsoft.Extensions.Time.Testing;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class RedisClockTests
{
    private const long Now = 1_732_000_000_000;

    private readonly FakeTimeProvider _time = new();

    private long Timestamp => _time.GetTimestamp();

    [Fact]
    public void A_reply_bounds_the_clock_on_both_sides_by_its_duration()
    {
        var clock = new RedisClock(_time);
        clock.IsKnown.ShouldBeFalse();
        var asked = Timestamp;
        _time.Advance(TimeSpan.FromMilliseconds(40));

        clock.Observe(asked, Timestamp, Now);

        clock.At(Timestamp).Least.ShouldBe(Now);
        clock.At(Timestamp).Most.ShouldBe(Now + 41); // the reported time is rounded down
        _time.Advance(TimeSpan.FromSeconds(2));
        clock.At(Timestamp).Least.ShouldBe(Now + 2_000);
        clock.At(Timestamp).Most.ShouldBe(Now + 2_041);
    }

    [Fact]
    public void The_tightest_reply_counts_until_it_is_a_minute_old()
    {
        var clock = new RedisClock(_time);
        clock.Observe(Timestamp, Timestamp, Now);
        var asked = Timestamp;
        _time.Advance(TimeSpan.FromMilliseconds(80));
        clock.Observe(asked, Timestamp, Now + 40);
        (clock.At(Timestamp).Most - clock.At(Timestamp).Least).ShouldBe(1);

        _time.Advance(TimeSpan.FromMinutes(1));
        asked = Timestamp;
        _time.Advance(TimeSpan.FromMilliseconds(80));
        clock.Observe(asked, Timestamp, Now + 60_120);

        clock.At(Timestamp).Least.ShouldBe(Now + 60_120);
        clock.At(Timestamp).Most.ShouldBe(Now + 60_201);
    }

    [Fact]
    public void A_clock_that_was_set_makes_what_was_known_void()
    {
        var clock = new RedisClock(_time);
        clock.Observe(Timestamp, Timestamp, Now);

        clock.Observe(Timestamp, Timestamp, Now + 3_600_000);

        clock.At(Timestamp).Least.ShouldBe(Now + 3_600_000);
    }

    [Fact]
    public void An_age_counted_from_it_is_never_understated()
    {
        var clock = new RedisClock(_time);
        var asked = Timestamp;
        _time.Advance(TimeSpan.FromMilliseconds(40));
        clock.Observe(asked, Timestamp, Now);

        // Redis can have shown that time as early as 41 ms ago.
        _time.GetElapsedTime(clock.TimestampOf(Now), Timestamp).ShouldBe(TimeSpan.FromMilliseconds(41));
    }
}
