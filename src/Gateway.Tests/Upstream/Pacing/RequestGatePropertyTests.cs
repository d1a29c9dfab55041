using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>Requests that overlap in random ways: two of them are never sent within one interval.</summary>
public sealed class RequestGatePropertyTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    [Fact]
    public void Requests_leave_at_least_one_interval_apart_and_never_wait_longer_than_they_must() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2_500], Gen.Bool).Array[1, 80].Sample(
            steps =>
            {
                var run = new Run();
                foreach (var (what, number, flag) in steps)
                {
                    run.Step(what, number, flag);
                }
            },
            iter: 10_000);

    /// <summary>One run of the gate beside its expected state.</summary>
    private sealed class Run
    {
        private readonly FakeTimeProvider _clock = new();
        private readonly RequestGate _gate;
        private readonly List<Call> _calls = [];

        /// <summary>Time at which the next permit is available, if none is in use by then.</summary>
        private TimeSpan _open;

        public Run() => _gate = new(Interval, _clock, new());

        private TimeSpan Now => _clock.GetUtcNow() - _clock.Start;

        private Call? UnderWay => _calls.Find(call => !call.IsSettled);

        public void Step(int what, int number, bool flag)
        {
            var call = _calls.Count == 0 ? null : _calls[number % _calls.Count];
            switch (what)
            {
                case 0 or 1: _clock.Advance(TimeSpan.FromMilliseconds(number)); break;
                case 2: _clock.Advance(_gate.UntilOpen ?? TimeSpan.Zero); break;
                case 3 or 4: Depart(); break;
                case 5: Send(call, flag); break;
                case 6: Send(UnderWay, flag); break;
                case 7: EndSending(flag); break;
                case 8 when call is { WasSent: true }: call.Departure.Close(); Proved(call); break;
                case 9: Close(call); break;
            }

            _gate.UntilOpen.ShouldBe(UnderWay is not null ? null : _open > Now ? _open - Now : TimeSpan.Zero);
        }

        private void Depart()
        {
            if (_gate.TryAcquire() is { } permit)
            {
                UnderWay.ShouldBeNull();
                Now.ShouldBeGreaterThanOrEqualTo(_open);
                _open = Now + Interval;
                _calls.Add(new(permit));
            }
            else
            {
                (UnderWay is not null || Now < _open).ShouldBeTrue();
            }
        }

        private void Send(Call? call, bool onNewConnection)
        {
            if (call is null)
            {
                return;
            }

            var mayBeSent = call == UnderWay && call.Sending is null && !call.IsSettled;
            var written = new TaskCompletionSource();
            var sending = SendAsync(call.Departure, onNewConnection, written.Task);
            if (!mayBeSent)
            {
                sending.Exception!.InnerException.ShouldBeOfType<IOException>().Message.ShouldContain("was not sent");
                return;
            }

            sending.IsCompleted.ShouldBeFalse();
            // Not ShouldAllBe, which compiles its expression each time.
            _calls.TrueForAll(other => !other.WasSent || Now - other.SentAt >= Interval).ShouldBeTrue("Two were sent within one interval.");
            (call.Sending, call.Written, call.IsOnNewConnection) = (sending, written, onNewConnection);
        }

        private void EndSending(bool fails)
        {
            if (UnderWay is not { Written: { } written } call)
            {
                return;
            }

            if (fails)
            {
                written.SetException(new IOException("cut"));
            }
            else
            {
                written.SetResult();
            }

            call.Sending!.IsCompleted.ShouldBeTrue();
            (call.IsSettled, call.WasSent, call.SentAt, call.IsProved) = (true, true, Now, !call.IsOnNewConnection);
            _open = Now + (call.IsOnNewConnection ? 2 * Interval : Interval);
        }

        private void Close(Call? call)
        {
            if (call is null)
            {
                return;
            }

            call.Departure.Close();
            if (call.WasSent)
            {
                Proved(call);
            }
            else
            {
                call.IsSettled |= call.Sending is null;
            }
        }

        /// <summary>The first sign of arrival on a new connection moves the next permit up, if no request was sent since.</summary>
        private void Proved(Call call)
        {
            if (!call.IsProved && call == _calls[^1])
            {
                _open = (Now - call.SentAt < Interval ? Now : call.SentAt + Interval) + Interval;
            }

            call.IsProved = true;
        }

        private async Task SendAsync(Permit permit, bool onNewConnection, Task written) =>
            await _gate.SendAsync(permit, onNewConnection, () => new(written));
    }

    private sealed record Call(Permit Departure)
    {
        public Task? Sending { get; set; }

        public TaskCompletionSource? Written { get; set; }

        public bool IsOnNewConnection { get; set; }

        public bool WasSent { get; set; }

        public TimeSpan SentAt { get; set; }

        public bool IsProved { get; set; }

        /// <summary>Records that no more bytes of the request will be sent.</summary>
        public bool IsSettled { get; set; }
    }
}
