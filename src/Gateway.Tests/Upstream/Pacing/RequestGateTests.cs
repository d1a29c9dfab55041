using Microsoft.Extensions.Time.Testing;
using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>Intervals and permits of one replica.</summary>
public sealed class RequestGateTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    private readonly FakeTimeProvider _clock = new();
    private readonly RequestGate _gate;
    private readonly ChangeSignal _changes = new();

    public RequestGateTests() => _gate = new(Interval, _clock, _changes);

    [Fact]
    public void The_first_permit_is_open_at_once()
    {
        _gate.UntilOpen.ShouldBe(TimeSpan.Zero);
        _gate.TryAcquire().ShouldNotBeNull().At.ShouldBe(_clock.GetTimestamp());
    }

    [Fact]
    public async Task The_next_is_open_one_interval_after_the_last_was_sent()
    {
        await SendAsync(_gate.TryAcquire()!, onNewConnection: false);

        _gate.UntilOpen.ShouldBe(Interval);
        _clock.Advance(Interval - TimeSpan.FromTicks(1));
        _gate.TryAcquire().ShouldBeNull();
        _clock.Advance(TimeSpan.FromTicks(1));
        _gate.UntilOpen.ShouldBe(TimeSpan.Zero);
        _gate.TryAcquire().ShouldNotBeNull();
    }

    [Fact]
    public async Task While_one_is_granted_and_not_sent_there_is_no_other_however_long_it_takes()
    {
        var permit = _gate.TryAcquire()!;

        _clock.Advance(TimeSpan.FromHours(1));
        _gate.UntilOpen.ShouldBeNull();
        _gate.TryAcquire().ShouldBeNull();

        await SendAsync(permit, onNewConnection: false);
        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task While_one_is_being_sent_there_is_no_other()
    {
        var written = new TaskCompletionSource();
        var permit = _gate.TryAcquire()!;
        var sending = SendAsync(permit, onNewConnection: false, () => new(written.Task));

        _clock.Advance(10 * Interval);
        _gate.TryAcquire().ShouldBeNull();

        written.SetResult();
        await sending;
        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task A_request_that_fails_while_it_is_sent_may_have_arrived_and_counts_from_then()
    {
        var written = new TaskCompletionSource();
        var permit = _gate.TryAcquire()!;
        var sending = SendAsync(permit, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        written.SetException(new IOException("cut"));
        await Should.ThrowAsync<IOException>(async () => await sending);
        permit.Close();

        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task A_call_that_ends_while_it_is_sent_opens_nothing()
    {
        var written = new TaskCompletionSource();
        var permit = _gate.TryAcquire()!;
        var sending = SendAsync(permit, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        permit.Close();
        _gate.TryAcquire().ShouldBeNull();

        written.SetResult();
        await sending;
        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public void A_permit_that_was_never_used_is_spent()
    {
        var permit = _gate.TryAcquire()!;
        _clock.Advance(0.5 * Interval);

        permit.Close();

        _gate.UntilOpen.ShouldBe(0.5 * Interval);
    }

    [Fact]
    public async Task A_request_cannot_be_sent_after_its_call_has_ended()
    {
        var permit = _gate.TryAcquire()!;
        permit.Close();

        await ShouldBeHeldBackAsync(permit);
    }

    [Fact]
    public async Task On_a_new_connection_the_response_proves_the_arrival_and_the_next_is_counted_from_there()
    {
        var permit = _gate.TryAcquire()!;
        await SendAsync(permit, onNewConnection: true);
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _gate.UntilOpen.ShouldBe((2 * Interval) - TimeSpan.FromMilliseconds(300));

        permit.Close();

        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Theory]
    [InlineData(1050)]
    [InlineData(1500)]
    [InlineData(2099)]
    [InlineData(60_000)]
    public async Task A_slow_response_on_a_new_connection_costs_one_interval_and_no_more(int milliseconds)
    {
        var permit = _gate.TryAcquire()!;
        await SendAsync(permit, onNewConnection: true);
        var sent = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        permit.Close();
        permit.Close();

        var left = sent + (2 * Interval) - _clock.GetUtcNow();
        _gate.UntilOpen.ShouldBe(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    [Fact]
    public async Task No_response_on_a_new_connection_costs_one_interval_and_no_more()
    {
        await SendAsync(_gate.TryAcquire()!, onNewConnection: true);

        _clock.Advance(2 * Interval);

        _gate.TryAcquire().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_late_response_says_nothing_of_a_permit_since()
    {
        var late = _gate.TryAcquire()!;
        await SendAsync(late, onNewConnection: true);
        _clock.Advance(2 * Interval);
        await SendAsync(_gate.TryAcquire()!, onNewConnection: true);

        late.Close();
        late.Close();

        _gate.UntilOpen.ShouldBe(2 * Interval);
    }

    [Fact]
    public async Task No_request_is_sent_without_a_permit()
    {
        await Should.ThrowAsync<IOException>(async () => await _gate.SendAsync(null, false, NotToBeSent));
        _gate.UntilOpen.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_permit_is_good_for_one_request()
    {
        var permit = _gate.TryAcquire()!;
        await SendAsync(permit, onNewConnection: false);
        _clock.Advance(10 * Interval);

        await ShouldBeHeldBackAsync(permit);
    }

    [Fact]
    public async Task A_permit_is_good_for_one_request_even_while_that_is_sent()
    {
        var written = new TaskCompletionSource();
        var permit = _gate.TryAcquire()!;
        var sending = SendAsync(permit, onNewConnection: false, () => new(written.Task));

        await ShouldBeHeldBackAsync(permit);

        written.SetResult();
        await sending;
    }

    [Fact]
    public async Task A_call_cannot_send_with_the_permit_of_another()
    {
        var spent = _gate.TryAcquire()!;
        await SendAsync(spent, onNewConnection: false);
        _clock.Advance(Interval);
        var other = _gate.TryAcquire()!;

        await ShouldBeHeldBackAsync(spent);

        await SendAsync(other, onNewConnection: false);
    }

    [Fact]
    public async Task Every_change_that_can_open_a_permit_raises_the_signal()
    {
        var permit = _gate.TryAcquire()!;
        await ShouldRaiseAsync(() => SendAsync(permit, onNewConnection: true));
        await ShouldRaiseAsync(() => Run(permit.Close));
        await ShouldRaiseAsync(() => Run(permit.Close));

        static Task Run(Action action)
        {
            action();
            return Task.CompletedTask;
        }

        async Task ShouldRaiseAsync(Func<Task> act)
        {
            var change = _changes.Next;
            await act();
            change.IsCompleted.ShouldBeTrue();
        }
    }

    private static ValueTask NotToBeSent() => throw new InvalidOperationException("This was not to be sent.");

    private async Task ShouldBeHeldBackAsync(Permit permit) =>
        await Should.ThrowAsync<IOException>(() => SendAsync(permit, onNewConnection: false, NotToBeSent));

    private async Task SendAsync(Permit permit, bool onNewConnection, Func<ValueTask>? send = null) =>
        await _gate.SendAsync(permit, onNewConnection, send ?? (() => default));
}
