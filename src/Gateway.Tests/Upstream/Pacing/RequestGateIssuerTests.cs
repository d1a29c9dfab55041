using Microsoft.Extensions.Time.Testing;
using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>Permits that an issuer confirms, and the reports to it.</summary>
public sealed class RequestGateIssuerTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);

    private readonly FakeTimeProvider _clock = new();
    private readonly RequestGate _gate;
    private readonly Issuer _issuer = new();

    public RequestGateIssuerTests() => _gate = new(Interval, _clock, new ChangeSignal(), _issuer);

    [Fact]
    public async Task A_request_without_confirmation_is_not_sent_and_its_permit_is_spent()
    {
        _issuer.Confirm = () => throw new IOException("not any more");
        var permit = _gate.TryAcquire()!;

        var failure = await Should.ThrowAsync<IOException>(() => SendAsync(permit, onNewConnection: true, NotToBeSent));
        failure.Message.ShouldBe("not any more");

        _gate.UntilOpen.ShouldBe(Interval);
        await ShouldBeHeldBackAsync(permit);
    }

    [Fact]
    public async Task While_a_request_waits_to_be_confirmed_there_is_no_other_permit()
    {
        var confirmed = new TaskCompletionSource();
        _issuer.Confirm = () => new(confirmed.Task);
        var sending = SendAsync(_gate.TryAcquire()!, onNewConnection: false);
        _clock.Advance(10 * Interval);

        _gate.TryAcquire().ShouldBeNull();

        confirmed.SetResult();
        await sending;
        _gate.UntilOpen.ShouldBe(Interval);
    }

    [Fact]
    public async Task The_issuer_receives_each_sent_request_and_each_arrival_once()
    {
        var first = _gate.TryAcquire()!;
        await SendAsync(first, onNewConnection: true);
        first.Close();
        first.Close();
        _clock.Advance(2 * Interval);
        var second = _gate.TryAcquire()!;
        await SendAsync(second, onNewConnection: false);
        second.Close();
        second.Close();

        _issuer.Heard.ShouldBe(["sent True", "delivered", "sent False"]);
    }

    private static ValueTask NotToBeSent() => throw new InvalidOperationException("This was not to be sent.");

    private async Task ShouldBeHeldBackAsync(Permit permit) =>
        await Should.ThrowAsync<IOException>(() => SendAsync(permit, onNewConnection: false, NotToBeSent));

    private async Task SendAsync(Permit permit, bool onNewConnection, Func<ValueTask>? send = null) =>
        await _gate.SendAsync(permit, onNewConnection, send ?? (() => default));

    private sealed class Issuer : IPermitIssuer
    {
        /// <summary>Confirmation of a permit.</summary>
        public Func<ValueTask> Confirm { get; set; } = () => default;

        public List<string> Heard { get; } = [];

        public ValueTask ConfirmAsync(Permit permit) => Confirm();

        public void Sent(Permit permit, bool onNewConnection) => Heard.Add($"sent {onNewConnection}");

        public void Delivered(Permit permit) => Heard.Add("delivered");
    }
}
