using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class RedisCoordinatorSessionTests
{
    private readonly ScriptedPacer _pacer = new();

    [Fact]
    public async Task A_reply_that_was_overtaken_is_ignored()
    {
        await _pacer.LookAsync();
        var slow = new TaskCompletionSource<CoordinatorResponse>();
        _pacer.Reply = _ => slow.Task;
        var call = _pacer.Session.CallAsync(new(CoordinatorOperation.Look));
        _pacer.Clock.Advance(TimeSpan.FromMilliseconds(10));
        await _pacer.LookAsync(reply => reply with { Tick = 3, Number = 3 });

        slow.SetResult(ScriptedPacer.Nothing with { Tick = 2, Number = 2 });
        (await call)!.Number.ShouldBe(2);

        _pacer.Session.Last!.Reply.Number.ShouldBe(3);
    }

    [Fact]
    public async Task After_a_suspension_in_which_others_may_have_lost_redis_a_replica_reports_that_it_was_away()
    {
        await _pacer.LookAsync();
        _pacer.Clock.Advance(_pacer.Settings.SlotsAfter);
        await _pacer.LookAsync();
        _pacer.Calls[^1].WasAway.ShouldBeFalse(); // before that time no replica sends in its slot

        _pacer.Clock.Advance(_pacer.Settings.SlotsAfter + TimeSpan.FromMilliseconds(1));
        await _pacer.LookAsync();
        _pacer.Calls[^1].WasAway.ShouldBeTrue();

        await _pacer.LookAsync();
        _pacer.Calls[^1].WasAway.ShouldBeFalse();
    }

    [Fact]
    public async Task The_position_of_the_log_is_that_of_the_newest_reply()
    {
        await _pacer.LookAsync(reply => reply with { Log = new(1, 7, 70) });
        _pacer.Calls[^1].LogKey.ShouldBe("log");
        _pacer.Log.Current.ShouldBe(new LogPosition(1, 7, 70));
        var slow = new TaskCompletionSource<CoordinatorResponse>();
        _pacer.Reply = _ => slow.Task;
        var call = _pacer.Session.CallAsync(new(CoordinatorOperation.Look));
        _pacer.Clock.Advance(TimeSpan.FromMilliseconds(10));
        await _pacer.LookAsync(reply => reply with { Tick = 3, Log = new(1, 9, 90) });

        slow.SetResult(ScriptedPacer.Nothing with { Tick = 2, Log = new(1, 8, 80) });
        await call;

        _pacer.Log.Current.ShouldBe(new LogPosition(1, 9, 90));
        await _pacer.LookAsync(reply => reply with { Tick = 4 });
        _pacer.Log.Current.ShouldBeNull();
    }

    [Fact]
    public async Task Without_redis_no_position_of_the_log_is_known()
    {
        await _pacer.LookAsync(reply => reply with { Log = new(1, 7, 70) });
        var changes = 0;
        _pacer.Log.Changed += (_, _) => changes++;

        await _pacer.LoseRedisAsync();

        _pacer.Log.Current.ShouldBeNull();
        changes.ShouldBe(1);
    }

    [Fact]
    public async Task A_permit_has_the_position_of_the_log_at_its_grant_and_none_in_a_slot_of_its_own()
    {
        await _pacer.LookAsync(reply => reply with { Log = new(1, 7, 70) });
        _pacer.Clock.Advance(2 * _pacer.Settings.Interval);
        _pacer.Reply = _ => Task.FromResult(ScriptedPacer.Nothing with
        {
            Now = _pacer.Now,
            Tick = 2,
            Outcome = CoordinatorOutcome.Granted,
            Value = 1,
            Log = new(1, 8, 80),
        });

        var granted = await _pacer.Coordinator.ClaimAsync(0, default, known: 0);
        granted!.Close();
        granted.Since.ShouldBe(new LogPosition(1, 8, 80));

        await _pacer.LoseRedisAsync();
        Permit? ownSlot = null;
        for (var second = 0; ownSlot is null && second < 60; second++)
        {
            _pacer.Clock.Advance(TimeSpan.FromSeconds(1));
            await _pacer.LoseRedisAsync();
            _pacer.Clock.Advance(_pacer.UntilOpen is var wait && wait < TimeSpan.FromSeconds(1) ? wait : TimeSpan.Zero);
            ownSlot = await _pacer.Coordinator.ClaimAsync(0, default, known: 0);
        }

        ownSlot.ShouldNotBeNull().Since.ShouldBeNull();
    }

    [Fact]
    public async Task A_pause_lasts_while_redis_is_away_and_is_reported_when_it_is_back()
    {
        await _pacer.LookAsync(reply => reply with { Pause = _pacer.Now + 10_000, PausedFor = ThrottlePolicy.Exceeded.Name });

        await _pacer.LoseRedisAsync();
        _pacer.Clock.Advance(TimeSpan.FromSeconds(4));
        await _pacer.LookAsync();

        _pacer.Session.Pause.ShouldBe(new SharedPause(TimeSpan.FromSeconds(6), ThrottlePolicy.Exceeded));
        (_pacer.Calls[^1].PausedUntil - _pacer.Now).ShouldBeInRange(5_998, 6_000);
        _pacer.Calls[^1].PausedFor.ShouldBe(ThrottlePolicy.Exceeded.Name);
        _pacer.Clock.Advance(TimeSpan.FromSeconds(6));
        _pacer.Session.Pause.ShouldBeNull();
    }

    [Fact]
    public async Task A_later_reply_never_shortens_a_pause()
    {
        await _pacer.LookAsync(reply => reply with { Pause = _pacer.Now + 10_000, PausedFor = ThrottlePolicy.Throttled.Name });

        await _pacer.LookAsync(reply => reply with { Tick = 2, Pause = _pacer.Now + 1_000, PausedFor = ThrottlePolicy.Exceeded.Name });

        _pacer.Session.Pause.ShouldBe(new SharedPause(TimeSpan.FromSeconds(10), ThrottlePolicy.Throttled));
    }

    [Fact]
    public async Task A_call_elsewhere_is_known_until_its_lease_ends_and_a_call_of_this_replica_is_none()
    {
        await _pacer.LookAsync(reply => reply with
        {
            Flights = [new(7, "other", _pacer.Now, _pacer.Now + 5_000), new(8, "this", _pacer.Now, _pacer.Now + 5_000)],
        });
        _pacer.Session.Begin(8);

        _pacer.Clock.Advance(TimeSpan.FromSeconds(2));
        _pacer.Session.UnderWayElsewhere(7)!.Value.TotalSeconds.ShouldBe(2, 0.01);
        _pacer.Session.UnderWayElsewhere(8).ShouldBeNull();
        _pacer.Session.UnderWayElsewhere(9).ShouldBeNull();
        _pacer.Clock.Advance(TimeSpan.FromSeconds(3));
        _pacer.Session.UnderWayElsewhere(7).ShouldBeNull();
    }

    [Fact]
    public async Task Readers_that_begin_to_wait_are_reported_at_once()
    {
        using var stop = new CancellationTokenSource();
        await _pacer.LookAsync();
        var run = _pacer.Session.RunAsync(stop.Token);
        var calls = _pacer.Calls.Count;

        _pacer.Session.Announce(new(FetchPriority.Wait, _pacer.Clock.GetTimestamp(), new(Blocks: 1, Callers: 1)));
        await Calls.WaitUntilAsync(() => _pacer.Calls.Count > calls, () => { });

        _pacer.Calls[^1].Queue.Blocks.ShouldBe(1);
        _pacer.Calls[^1].Class.ShouldBe(FetchPriority.Wait);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Without_redis_a_call_has_no_reply_and_is_not_made()
    {
        await _pacer.LoseRedisAsync();
        var calls = _pacer.Calls.Count;

        (await _pacer.Session.CallAsync(new(CoordinatorOperation.Claim))).ShouldBeNull();

        _pacer.Calls.Count.ShouldBe(calls);
        _pacer.Circuit.State.IsAvailable.ShouldBe(false);
    }
}
