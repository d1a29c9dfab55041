using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class RedisPermitIssuerTests
{
    private readonly ScriptedPacer _pacer = new();

    [Fact]
    public async Task A_request_in_time_needs_no_further_call()
    {
        await _pacer.LookAsync();
        var permit = _pacer.Grant(number: 5);
        _pacer.Clock.Advance(_pacer.Settings.Interval / 2);
        var calls = _pacer.Calls.Count;

        await _pacer.Issuer.ConfirmAsync(permit);

        _pacer.Calls.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_late_request_takes_the_permit_that_redis_grants_it()
    {
        await _pacer.LookAsync();
        var permit = _pacer.Grant(number: 5);
        _pacer.Clock.Advance(_pacer.Settings.Interval);
        _pacer.Reply = late => Task.FromResult(
            ScriptedPacer.Nothing with { Now = _pacer.Now, Outcome = CoordinatorOutcome.Granted, Value = late.Number + 1 });

        await _pacer.Issuer.ConfirmAsync(permit);

        permit.Grant.Number.ShouldBe(6);
        var call = _pacer.Calls[^1];
        (call.Operation, call.Number, call.Class).ShouldBe((CoordinatorOperation.Write, 5L, FetchPriority.OnTheWire));
    }

    [Fact]
    public async Task A_late_request_waits_for_as_long_as_redis_tells_it_to()
    {
        await _pacer.LookAsync();
        var permit = _pacer.Grant(number: 5);
        _pacer.Clock.Advance(_pacer.Settings.Interval);
        var isOpen = false;
        _pacer.Reply = _ => Task.FromResult(ScriptedPacer.Nothing with
        {
            Now = _pacer.Now,
            Outcome = isOpen ? CoordinatorOutcome.Granted : CoordinatorOutcome.Wait,
            Value = isOpen ? 9 : 300,
        });

        var confirming = _pacer.Issuer.ConfirmAsync(permit);
        confirming.IsCompleted.ShouldBeFalse();
        isOpen = true;
        _pacer.Clock.Advance(TimeSpan.FromMilliseconds(300));

        await confirming;
        permit.Grant.Number.ShouldBe(9);
    }

    [Fact]
    public async Task A_late_request_is_held_back_when_redis_is_away()
    {
        await _pacer.LookAsync();
        var permit = _pacer.Grant(number: 5);
        _pacer.Clock.Advance(_pacer.Settings.Interval);
        await _pacer.LoseRedisAsync();

        await Should.ThrowAsync<IOException>(async () => await _pacer.Issuer.ConfirmAsync(permit));
    }

    [Fact]
    public async Task Redis_is_told_of_what_was_sent_and_of_what_has_arrived()
    {
        await _pacer.LookAsync();

        _pacer.Issuer.Sent(_pacer.Grant(number: 5), onNewConnection: true);
        _pacer.Issuer.Delivered(_pacer.Grant(number: 5));

        _pacer.Calls.TakeLast(2).Select(call => (call.Operation, call.Number, call.IsNew))
            .ShouldBe([(CoordinatorOperation.Written, 5L, true), (CoordinatorOperation.Arrived, 5L, false)]);
    }
}
