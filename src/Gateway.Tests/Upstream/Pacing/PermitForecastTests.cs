namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class PermitForecastTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    [Fact]
    public async Task While_redis_responds_a_permit_opens_when_redis_says_so_and_one_interval_after_it_came_back()
    {
        var pacer = new ScriptedPacer();
        pacer.UntilOpen.ShouldBe(Interval); // the first call is in flight
        await pacer.LookAsync(reply => reply with { Next = pacer.Now + 3_000, Quiet = pacer.Now + 4_000 });

        pacer.UntilOpen.TotalSeconds.ShouldBe(4, 0.002);
        pacer.Clock.Advance(TimeSpan.FromSeconds(4));
        pacer.UntilOpen.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_refused_claim_closes_it_for_as_long_as_redis_has_said()
    {
        var pacer = new ScriptedPacer();
        await pacer.LookAsync();
        pacer.Clock.Advance(Interval);

        pacer.Forecast.Wait(milliseconds: 700);

        pacer.UntilOpen.ShouldBe(TimeSpan.FromMilliseconds(700));
    }

    [Fact]
    public async Task An_arrival_opens_the_next_permit_earlier_and_one_that_is_not_the_last_does_not()
    {
        var pacer = new ScriptedPacer();
        await pacer.LookAsync(reply => reply with { Number = 5, Next = pacer.Now + 5_000 });
        pacer.Clock.Advance(Interval);

        pacer.Forecast.Arrived(number: 4);
        pacer.UntilOpen.TotalMilliseconds.ShouldBe(5_000 - 1_050, 2);
        pacer.Forecast.Arrived(number: 5);
        pacer.UntilOpen.TotalMilliseconds.ShouldBe(1_050, 3);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task A_replica_that_redis_never_gave_a_slot_sends_only_where_it_is_alone(int replicas, bool isOpen)
    {
        var pacer = new ScriptedPacer(replicas);
        await pacer.LoseRedisAsync();
        await WaitForProbeAsync(pacer, 3 * Interval);

        pacer.UntilOpen.ShouldBe(isOpen ? TimeSpan.Zero : TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_slot_is_used_for_an_hour_after_redis_went_away()
    {
        var pacer = new ScriptedPacer();
        await pacer.LookAsync();
        await pacer.LoseRedisAsync();
        pacer.UntilOpen.ShouldBe(3 * Interval);

        await WaitForProbeAsync(pacer, 3 * Interval);
        pacer.UntilOpen.ShouldBe(TimeSpan.Zero); // the cycle has one slot

        await WaitForProbeAsync(pacer, TimeSpan.FromHours(1));
        pacer.UntilOpen.ShouldBe(TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_process_that_stood_still_probes_redis_before_it_sends()
    {
        var pacer = new ScriptedPacer();
        await pacer.LookAsync();
        await pacer.LoseRedisAsync();

        pacer.Clock.Advance(TimeSpan.FromMinutes(1));

        pacer.UntilOpen.ShouldBe(NclueGateway.Redis.RedisCircuit.Patience);
    }

    private static async Task WaitForProbeAsync(ScriptedPacer pacer, TimeSpan time)
    {
        pacer.Clock.Advance(time);
        await pacer.LoseRedisAsync();
    }
}
