using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Time;

namespace NclueGateway.Tests.Upstream;

public sealed class ExponentialBackoffTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void There_is_no_wait_before_the_first_failure() => Create().Left.ShouldBe(TimeSpan.Zero);

    [Fact]
    public void Each_failure_doubles_the_wait_up_to_the_longest()
    {
        var wait = Create();

        Waits(wait, 7).ShouldBe([1, 2, 4, 8, 10, 10, 10]);
    }

    [Fact]
    public void A_wait_passes_with_time_and_never_is_less_than_none()
    {
        var wait = Create();
        wait.Failed(_clock.GetTimestamp());

        _clock.Advance(0.4 * Second);
        wait.Left.ShouldBe(0.6 * Second);
        _clock.Advance(0.6 * Second);
        wait.Left.ShouldBe(TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromDays(400));
        wait.Left.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_thousand_failures_are_no_overflow() => Waits(Create(), 1_000)[^1].ShouldBe(10);

    [Fact]
    public void Success_starts_it_anew_but_ends_no_wait_that_has_begun()
    {
        var wait = Create();
        Waits(wait, 3);
        wait.Failed(_clock.GetTimestamp());
        wait.Left.ShouldBe(8 * Second);

        wait.Succeeded(_clock.GetTimestamp());

        wait.Left.ShouldBe(8 * Second);
        _clock.Advance(8 * Second);
        Waits(wait, 2).ShouldBe([1, 2]);
    }

    [Fact]
    public void A_call_that_departed_before_the_wait_began_does_not_double_it()
    {
        var wait = Create();
        long[] overlapping = [Depart(), Depart(), Depart()];
        _clock.Advance(Second);

        wait.Failed(overlapping[0]);
        _clock.Advance(0.5 * Second);
        wait.Failed(overlapping[1]);
        wait.Failed(overlapping[2]);

        wait.Left.ShouldBe(0.5 * Second);
        _clock.Advance(0.5 * Second);
        Waits(wait, 1).ShouldBe([2]);
    }

    [Fact]
    public void A_call_that_departed_before_the_wait_began_does_not_end_it()
    {
        var wait = Create();
        Waits(wait, 2);
        long[] overlapping = [Depart(), Depart()];
        _clock.Advance(Second);

        wait.Failed(overlapping[0]);
        wait.Succeeded(overlapping[1]);

        wait.Left.ShouldBe(4 * Second);
        _clock.Advance(4 * Second);
        Waits(wait, 1).ShouldBe([8]);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(30, 30)]
    [InlineData(900, 900)]
    [InlineData(901, 900)]
    [InlineData(int.MaxValue, 900)]
    [InlineData(1, 1)]
    [InlineData(0, 1)]
    [InlineData(-5, 1)]
    public void What_the_upstream_asks_for_counts_when_it_is_longer_up_to_a_quarter_of_an_hour(int asked, int seconds)
    {
        var wait = Create();

        wait.Failed(Depart(), TimeSpan.FromSeconds(asked));

        wait.Left.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void The_longest_span_there_is_can_be_asked_for()
    {
        var wait = Create();

        wait.Failed(Depart(), TimeSpan.MaxValue);
        wait.Failed(Depart(), TimeSpan.MinValue);

        wait.Left.ShouldBe(TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void A_wait_is_whole_milliseconds_rounded_up()
    {
        var wait = Create();

        wait.Failed(Depart(), TimeSpan.FromTicks((2 * TimeSpan.TicksPerSecond) + 1));

        wait.Left.ShouldBe(TimeSpan.FromMilliseconds(2_001));
    }

    [Fact]
    public void What_an_overlapping_call_was_told_to_wait_counts_too()
    {
        var wait = Create();
        var overlapping = Depart();
        _clock.Advance(Second);
        wait.Failed(Depart());

        wait.Failed(overlapping, 20 * Second);

        wait.Left.ShouldBe(20 * Second);
        _clock.Advance(20 * Second);
        Waits(wait, 1).ShouldBe([2]);
    }

    [Fact]
    public void What_was_asked_for_is_not_doubled()
    {
        var wait = Create();
        wait.Failed(Depart(), 40 * Second);
        _clock.Advance(40 * Second);

        Waits(wait, 1).ShouldBe([2]);
    }

    [Fact]
    public void Jitter_only_shortens_and_by_no_more_than_its_share()
    {
        var waits = Enumerable.Range(0, 2_000).Select(_ =>
        {
            var wait = new ExponentialBackoff(_clock, Second, 10 * Second, jitter: 0.2);
            wait.Failed(Depart());
            return wait.Left;
        }).ToList();

        waits.ShouldAllBe(w => w >= 0.8 * Second && w <= Second && w.Ticks % TimeSpan.TicksPerMillisecond == 0);
        waits.Distinct().Count().ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Jitter_takes_nothing_off_what_was_asked_for()
    {
        var wait = new ExponentialBackoff(_clock, Second, 10 * Second, jitter: 1);

        wait.Failed(Depart(), 5 * Second);

        wait.Left.ShouldBe(5 * Second);
    }

    [Fact]
    public void A_wait_never_gets_shorter_and_never_exceeds_its_bound() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 20_000], Gen.Int[-10, 2_000]).Array[1, 60].Sample(
            steps =>
            {
                var clock = new FakeTimeProvider();
                var wait = new ExponentialBackoff(clock, Second, 60 * Second, jitter: 0.5);
                var departures = new List<long> { clock.GetTimestamp() };
                foreach (var (what, milliseconds, asked) in steps)
                {
                    var before = wait.Left;
                    var elapsed = TimeSpan.Zero;
                    var permit = departures[milliseconds % departures.Count];
                    switch (what)
                    {
                        case 0:
                            elapsed = TimeSpan.FromMilliseconds(milliseconds);
                            clock.Advance(elapsed);
                            break;
                        case 1: departures.Add(clock.GetTimestamp()); break;
                        case 2: wait.Failed(permit); break;
                        case 3: wait.Failed(permit, TimeSpan.FromSeconds(asked)); break;
                        default: wait.Succeeded(permit); break;
                    }

                    wait.Left.ShouldBeGreaterThanOrEqualTo(before - elapsed);
                    wait.Left.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(15));
                }
            },
            iter: 5_000);

    private ExponentialBackoff Create() => new(_clock, Second, 10 * Second);

    private long Depart() => _clock.GetTimestamp();

    /// <summary>Returns the waits in seconds after consecutive failures, each of a request sent when the last wait was over.</summary>
    private double[] Waits(ExponentialBackoff wait, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        wait.Failed(Depart());
        var left = wait.Left;
        _clock.Advance(left);
        return left.TotalSeconds;
    })];
}
