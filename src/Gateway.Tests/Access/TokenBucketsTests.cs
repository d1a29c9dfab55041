using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Access.RateLimits;

namespace NclueGateway.Tests.Access;

public sealed class TokenBucketsTests
{
    /// <summary>
    /// For any rate and any pauses, the stored number behaves like a bucket that is filled and emptied.
    /// </summary>
    [Fact]
    public void A_bucket_holds_what_was_not_taken_and_gains_by_time() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 20], Gen.Int[0, 3_000].Array[1, 60]).Sample((perSecond, burst, pauses) =>
        {
            var time = new FakeTimeProvider();
            var buckets = new TokenBuckets<int>(perSecond, burst, time);
            var interval = TimeSpan.FromSeconds(1) / perSecond;
            var level = interval * burst;
            foreach (var pause in pauses)
            {
                var elapsed = TimeSpan.FromMilliseconds(Math.Max(0, pause - 2_000)); // two of three come without a pause
                time.Advance(elapsed);
                level = TimeSpan.FromTicks(Math.Min((level + elapsed).Ticks, (interval * burst).Ticks));
                var expected = level >= interval;
                level -= expected ? interval : TimeSpan.Zero;

                var taken = buckets.TryAcquire(0);

                taken.IsTaken.ShouldBe(expected);
                taken.Remaining.ShouldBe((int)(level / interval));
                taken.Wait.ShouldBe(expected ? (interval * burst) - level : interval - level);
            }
        });

    [Fact]
    public void A_charge_to_an_empty_bucket_delays_the_next_request()
    {
        var time = new FakeTimeProvider();
        var buckets = new TokenBuckets<int>(10, 5, time);
        buckets.WaitFor(0).ShouldBe(TimeSpan.Zero);
        for (var i = 0; i < 4; i++)
        {
            buckets.Charge(0);
            buckets.WaitFor(0).ShouldBe(TimeSpan.Zero);
        }

        for (var i = 1; i <= 20; i++)
        {
            buckets.Charge(0);
            buckets.WaitFor(0).ShouldBe(TimeSpan.FromMilliseconds(100 * i));
        }

        buckets.Charge(0);
        buckets.WaitFor(0).ShouldBe(TokenBuckets<int>.MostOwed);
        buckets.TryAcquire(0).IsTaken.ShouldBeFalse();
        buckets.WaitFor(1).ShouldBe(TimeSpan.Zero);
        time.Advance(TimeSpan.FromMilliseconds(1_999));
        buckets.WaitFor(0).ShouldBe(TimeSpan.FromMilliseconds(1));
        time.Advance(TimeSpan.FromMilliseconds(1));
        buckets.WaitFor(0).ShouldBe(TimeSpan.Zero);
        buckets.TryAcquire(0).IsTaken.ShouldBeTrue();
    }

    [Fact]
    public async Task Concurrent_requests_never_get_more_than_the_bucket_holds()
    {
        var buckets = new TokenBuckets<int>(1, 50_000, new FakeTimeProvider());

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 20_000).Count(_ => buckets.TryAcquire(0).IsTaken))));

        taken.Sum().ShouldBe(50_000);
    }

    [Fact]
    public void Full_buckets_are_let_go_and_others_are_not()
    {
        var time = new FakeTimeProvider();
        var buckets = new TokenBuckets<int>(1, 100, time);
        for (var i = 0; i < 100; i++)
        {
            buckets.TryAcquire(-1).IsTaken.ShouldBeTrue();
        }

        for (var i = 0; i < 90_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            buckets.TryAcquire(i).IsTaken.ShouldBeTrue();
            buckets.Count.ShouldBeLessThanOrEqualTo(3 * TokenBuckets<int>.LeastBetweenSweeps);
        }

        buckets.TryAcquire(-1).Remaining.ShouldBe(89);
    }

    [Fact]
    public void However_many_callers_there_are_no_more_buckets_are_held_than_may_be()
    {
        var buckets = new TokenBuckets<int>(1, 2, new FakeTimeProvider());
        for (var i = 0; i < 3 * TokenBuckets<int>.MostBuckets; i++)
        {
            buckets.TryAcquire(i).IsTaken.ShouldBeTrue();
            if (i % 500 == 0)
            {
                buckets.Count.ShouldBeLessThanOrEqualTo(TokenBuckets<int>.MostBuckets);
            }
        }
    }
}
