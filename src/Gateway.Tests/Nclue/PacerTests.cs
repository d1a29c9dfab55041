using Microsoft.Extensions.Time.Testing;
using NclueGateway.Nclue;

namespace NclueGateway.Tests.Nclue;

public sealed class PacerTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    private readonly FakeTimeProvider _clock = new();
    private readonly Pacer _pacer;
    private int _changes;

    public PacerTests() => _pacer = new(new(), _clock) { Changed = () => _changes++ };

    [Fact]
    public void The_first_departure_is_open_at_once()
    {
        _pacer.UntilOpen.ShouldBe(TimeSpan.Zero);
        _pacer.TryDepart().ShouldNotBeNull().At.ShouldBe(_clock.GetTimestamp());
    }

    [Fact]
    public async Task The_next_is_open_one_interval_after_the_last_was_sent()
    {
        await SendAsync(_pacer.TryDepart()!, onNewConnection: false);

        _pacer.UntilOpen.ShouldBe(Interval);
        _clock.Advance(Interval - TimeSpan.FromTicks(1));
        _pacer.TryDepart().ShouldBeNull();
        _clock.Advance(TimeSpan.FromTicks(1));
        _pacer.UntilOpen.ShouldBe(TimeSpan.Zero);
        _pacer.TryDepart().ShouldNotBeNull();
    }

    [Fact]
    public async Task While_one_is_granted_and_not_sent_there_is_no_other_however_long_it_takes()
    {
        var departure = _pacer.TryDepart()!;

        _clock.Advance(TimeSpan.FromHours(1));
        _pacer.UntilOpen.ShouldBeNull();
        _pacer.TryDepart().ShouldBeNull();

        await SendAsync(departure, onNewConnection: false);
        _pacer.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task While_one_is_being_sent_there_is_no_other()
    {
        var written = new TaskCompletionSource();
        var departure = _pacer.TryDepart()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));

        _clock.Advance(10 * Interval);
        _pacer.TryDepart().ShouldBeNull();

        written.SetResult();
        await sending;
        _pacer.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task What_fails_while_it_is_sent_may_have_arrived_and_counts_from_then()
    {
        var written = new TaskCompletionSource();
        var departure = _pacer.TryDepart()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        written.SetException(new IOException("cut"));
        await Should.ThrowAsync<IOException>(async () => await sending);
        departure.Close();

        _pacer.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task A_call_that_ends_while_it_is_sent_opens_nothing()
    {
        var written = new TaskCompletionSource();
        var departure = _pacer.TryDepart()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));
        _clock.Advance(10 * Interval);

        departure.Close();
        _pacer.TryDepart().ShouldBeNull();

        written.SetResult();
        await sending;
        _pacer.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public void What_was_never_sent_is_spent_all_the_same()
    {
        var departure = _pacer.TryDepart()!;
        _clock.Advance(0.5 * Interval);

        departure.Close();

        _pacer.UntilOpen.ShouldBe(0.5 * Interval);
    }

    [Fact]
    public async Task What_was_never_sent_cannot_be_sent_after_its_call_is_over()
    {
        var departure = _pacer.TryDepart()!;
        departure.Close();

        await ShouldBeHeldBackAsync(departure);
    }

    [Fact]
    public async Task On_a_new_connection_the_answer_proves_the_arrival_and_the_next_is_counted_from_there()
    {
        var departure = _pacer.TryDepart()!;
        await SendAsync(departure, onNewConnection: true);
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _pacer.UntilOpen.ShouldBe((2 * Interval) - TimeSpan.FromMilliseconds(300));

        departure.Answered();

        _pacer.UntilOpen.ShouldBe(Interval);
    }

    [Theory]
    [InlineData(1050)]
    [InlineData(1500)]
    [InlineData(2099)]
    [InlineData(60_000)]
    public async Task A_slow_answer_on_a_new_connection_costs_one_interval_and_no_more(int milliseconds)
    {
        var departure = _pacer.TryDepart()!;
        await SendAsync(departure, onNewConnection: true);
        var sent = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        departure.Answered();
        departure.Close();

        var left = sent + (2 * Interval) - _clock.GetUtcNow();
        _pacer.UntilOpen.ShouldBe(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    [Fact]
    public async Task No_answer_on_a_new_connection_costs_one_interval_and_no_more()
    {
        await SendAsync(_pacer.TryDepart()!, onNewConnection: true);

        _clock.Advance(2 * Interval);

        _pacer.TryDepart().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_late_answer_says_nothing_of_a_departure_since()
    {
        var late = _pacer.TryDepart()!;
        await SendAsync(late, onNewConnection: true);
        _clock.Advance(2 * Interval);
        await SendAsync(_pacer.TryDepart()!, onNewConnection: true);

        late.Answered();
        late.Close();

        _pacer.UntilOpen.ShouldBe(2 * Interval);
    }

    [Fact]
    public async Task Nothing_is_sent_without_a_departure()
    {
        await Should.ThrowAsync<IOException>(async () => await _pacer.SendAsync(false, NotToBeSent));
        _pacer.UntilOpen.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_departure_is_good_for_one_request()
    {
        var departure = _pacer.TryDepart()!;
        await SendAsync(departure, onNewConnection: false);
        _clock.Advance(10 * Interval);

        await ShouldBeHeldBackAsync(departure);
    }

    [Fact]
    public async Task A_departure_is_good_for_one_request_even_while_that_is_sent()
    {
        var written = new TaskCompletionSource();
        var departure = _pacer.TryDepart()!;
        var sending = SendAsync(departure, onNewConnection: false, () => new(written.Task));

        await ShouldBeHeldBackAsync(departure);

        written.SetResult();
        await sending;
    }

    [Fact]
    public async Task A_call_cannot_send_with_the_departure_of_another()
    {
        var spent = _pacer.TryDepart()!;
        await SendAsync(spent, onNewConnection: false);
        _clock.Advance(Interval);
        var other = _pacer.TryDepart()!;

        await ShouldBeHeldBackAsync(spent);

        await SendAsync(other, onNewConnection: false);
    }

    [Fact]
    public async Task Whoever_waits_is_told_of_every_change_that_can_open_a_departure()
    {
        var departure = _pacer.TryDepart()!;
        _changes.ShouldBe(0);

        await SendAsync(departure, onNewConnection: true);
        _changes.ShouldBe(1);
        departure.Answered();
        _changes.ShouldBe(2);
        departure.Close();
        _changes.ShouldBe(3);
    }

    [Fact]
    public async Task Replicas_that_share_nothing_each_keep_to_their_share()
    {
        var pacer = new Pacer(new() { ReplicaCount = 3 }, _clock);

        await SendAsync(pacer, pacer.TryDepart()!, onNewConnection: false, () => default);

        pacer.Interval.ShouldBe(3 * Interval);
        pacer.UntilOpen.ShouldBe(3 * Interval);
    }

    private static ValueTask NotToBeSent() => throw new InvalidOperationException("This was not to be sent.");

    private async Task ShouldBeHeldBackAsync(Pacer.Departure departure) =>
        await Should.ThrowAsync<IOException>(() => SendAsync(departure, onNewConnection: false, NotToBeSent));

    private Task SendAsync(Pacer.Departure departure, bool onNewConnection, Func<ValueTask>? send = null) =>
        SendAsync(_pacer, departure, onNewConnection, send ?? (() => default));

    private static async Task SendAsync(Pacer pacer, Pacer.Departure departure, bool onNewConnection, Func<ValueTask> send)
    {
        departure.Begin();
        await pacer.SendAsync(onNewConnection, send);
    }
}
