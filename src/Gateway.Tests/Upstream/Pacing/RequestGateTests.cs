using Microsoft.Extensions.Time.Testing;
using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

public sealed class RequestGateTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    private readonly FakeTimeProvider _clock = new();
    private readonly RequestGate _wire;
    private readonly ChangeSignal _changes = new();
    private readonly Issuer _issuer = new();

    public RequestGateTests() => _wire = new(Interval, _clock, _changes, _issuer);

    [Fact]
    public void The_first_departure_is_open_at_once()
    {
        _wire.UntilOpen.ShouldBe(TimeSpan.Zero);
        _wire.TryAcquire().ShouldNotBeNull().At.ShouldBe(_clock.GetTimestamp());
    }

    [Fact]
    public async Task The_next_is_open_one_interval_after_the_last_was_sent()
    {
        await SendAsync(_wire.TryAcquire()!, onNewConnection: false);

        _wire.UntilOpen.ShouldBe(Interval);
        _clock.Advance(Interval - TimeSpan.FromTicks(1));
        _wire.TryAcquire().ShouldBeNull();
        _clock.Advance(TimeSpan.FromTicks(1));
        _wire.UntilOpen.ShouldBe(TimeSpan.Zero);
        _wire.TryAcquire().ShouldNotBeNull();
    }

    [Fact]
    public async Task While_one_is_granted_and_not_sent_there_is_no_other_however_long_it_takes()
    {
        var departure = _wire.TryAcquire()!;

        _clock.Advance(TimeSpan.FromHours(1));
        _wire.UntilOpen.ShouldBeNull();
        _wire.TryAcquire().ShouldBeNull();

        await SendAsync(departure, onNewConnection: false);
        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task While_one_is_being_sent_there_is_no_other()
    {
        var written = new TaskCompletionSource();
        var departure = _wire.TryAcquire()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));

        _clock.Advance(10 * Interval);
        _wire.TryAcquire().ShouldBeNull();

        written.SetResult();
        await sending;
        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task What_fails_while_it_is_sent_may_have_arrived_and_counts_from_then()
    {
        var written = new TaskCompletionSource();
        var departure = _wire.TryAcquire()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        written.SetException(new IOException("cut"));
        await Should.ThrowAsync<IOException>(async () => await sending);
        departure.Close();

        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task A_call_that_ends_while_it_is_sent_opens_nothing()
    {
        var written = new TaskCompletionSource();
        var departure = _wire.TryAcquire()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        departure.Close();
        _wire.TryAcquire().ShouldBeNull();

        written.SetResult();
        await sending;
        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public void What_was_never_sent_is_spent_all_the_same()
    {
        var departure = _wire.TryAcquire()!;
        _clock.Advance(0.5 * Interval);

        departure.Close();

        _wire.UntilOpen.ShouldBe(0.5 * Interval);
    }

    [Fact]
    public async Task What_was_never_sent_cannot_be_sent_after_its_call_is_over()
    {
        var departure = _wire.TryAcquire()!;
        departure.Close();

        await ShouldBeHeldBackAsync(departure);
    }

    [Fact]
    public async Task On_a_new_connection_the_answer_proves_the_arrival_and_the_next_is_counted_from_there()
    {
        var departure = _wire.TryAcquire()!;
        await SendAsync(departure, onNewConnection: true);
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _wire.UntilOpen.ShouldBe((2 * Interval) - TimeSpan.FromMilliseconds(300));

        departure.Close();

        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Theory]
    [InlineData(1050)]
    [InlineData(1500)]
    [InlineData(2099)]
    [InlineData(60_000)]
    public async Task A_slow_answer_on_a_new_connection_costs_one_interval_and_no_more(int milliseconds)
    {
        var departure = _wire.TryAcquire()!;
        await SendAsync(departure, onNewConnection: true);
        var sent = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        departure.Close();
        departure.Close();

        var left = sent + (2 * Interval) - _clock.GetUtcNow();
        _wire.UntilOpen.ShouldBe(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    [Fact]
    public async Task No_answer_on_a_new_connection_costs_one_interval_and_no_more()
    {
        await SendAsync(_wire.TryAcquire()!, onNewConnection: true);

        _clock.Advance(2 * Interval);

        _wire.TryAcquire().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_late_answer_says_nothing_of_a_departure_since()
    {
        var late = _wire.TryAcquire()!;
        await SendAsync(late, onNewConnection: true);
        _clock.Advance(2 * Interval);
        await SendAsync(_wire.TryAcquire()!, onNewConnection: true);

        late.Close();
        late.Close();

        _wire.UntilOpen.ShouldBe(2 * Interval);
    }

    [Fact]
    public async Task Nothing_is_sent_without_a_departure()
    {
        await Should.ThrowAsync<IOException>(async () => await _wire.SendAsync(null, false, NotToBeSent));
        _wire.UntilOpen.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_departure_is_good_for_one_request()
    {
        var departure = _wire.TryAcquire()!;
        await SendAsync(departure, onNewConnection: false);
        _clock.Advance(10 * Interval);

        await ShouldBeHeldBackAsync(departure);
    }

    [Fact]
    public async Task A_departure_is_good_for_one_request_even_while_that_is_sent()
    {
        var written = new TaskCompletionSource();
        var departure = _wire.TryAcquire()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));

        await ShouldBeHeldBackAsync(departure);

        written.SetResult();
        await sending;
    }

    [Fact]
    public async Task A_call_cannot_send_with_the_departure_of_another()
    {
        var spent = _wire.TryAcquire()!;
        await SendAsync(spent, onNewConnection: false);
        _clock.Advance(Interval);
        var other = _wire.TryAcquire()!;

        await ShouldBeHeldBackAsync(spent);

        await SendAsync(other, onNewConnection: false);
    }

    [Fact]
    public async Task Whoever_waits_is_told_of_every_change_that_can_open_a_departure()
    {
        var departure = _wire.TryAcquire()!;
        await ShouldRaiseAsync(() => SendAsync(departure, onNewConnection: true));
        await ShouldRaiseAsync(() => Run(departure.Close));
        await ShouldRaiseAsync(() => Run(departure.Close));

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

    [Fact]
    public async Task What_is_not_confirmed_is_not_sent_and_its_departure_is_spent()
    {
        _issuer.Confirm = () => throw new IOException("not any more");
        var departure = _wire.TryAcquire()!;

        (await Should.ThrowAsync<IOException>(() => SendAsync(departure, onNewConnection: true, NotToBeSent))).Message.ShouldBe("not any more");

        _wire.UntilOpen.ShouldBe(Interval);
        await ShouldBeHeldBackAsync(departure);
    }

    [Fact]
    public async Task While_a_request_waits_to_be_confirmed_there_is_no_other_departure()
    {
        var confirmed = new TaskCompletionSource();
        _issuer.Confirm = () => new(confirmed.Task);
        var sending = SendAsync(_wire.TryAcquire()!, onNewConnection: false);
        _clock.Advance(10 * Interval);

        _wire.TryAcquire().ShouldBeNull();

        confirmed.SetResult();
        await sending;
        _wire.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task Whoever_keeps_the_other_replicas_informed_hears_of_what_was_sent_and_once_of_what_has_arrived()
    {
        var first = _wire.TryAcquire()!;
        await SendAsync(first, onNewConnection: true);
        first.Close();
        first.Close();
        _clock.Advance(2 * Interval);
        var second = _wire.TryAcquire()!;
        await SendAsync(second, onNewConnection: false);
        second.Close();
        second.Close();

        _issuer.Heard.ShouldBe(["sent True", "delivered", "sent False"]);
    }

    private static ValueTask NotToBeSent() => throw new InvalidOperationException("This was not to be sent.");

    private async Task ShouldBeHeldBackAsync(Permit departure) =>
        await Should.ThrowAsync<IOException>(() => SendAsync(departure, onNewConnection: false, NotToBeSent));

    private async Task SendAsync(Permit departure, bool onNewConnection, Func<ValueTask>? send = null) =>
        await _wire.SendAsync(departure, onNewConnection, send ?? (() => default));

    private sealed class Issuer : IPermitIssuer
    {
        /// <summary>How a permit is confirmed.</summary>
        public Func<ValueTask> Confirm { get; set; } = () => default;

        public List<string> Heard { get; } = [];

        public ValueTask ConfirmAsync(Permit departure) => Confirm();

        public void Sent(Permit departure, bool onNewConnection) => Heard.Add($"sent {onNewConnection}");

        public void Delivered(Permit departure) => Heard.Add("delivered");
    }
}
