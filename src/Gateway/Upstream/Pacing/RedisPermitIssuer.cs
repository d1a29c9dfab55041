using NclueGateway.Redis;
using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>Confirms permits of Redis and of slots, and reports to Redis how each is used.</summary>
internal sealed class RedisPermitIssuer(
    RedisCoordinatorSession session,
    PermitForecast forecast,
    RedisCircuit circuit,
    PacingSettings settings,
    TimeProvider time) : IPermitIssuer
{
    /// <inheritdoc/>
    /// <remarks>
    /// A request may be late because its connection had to be opened. With a permit of Redis, it then needs confirmation that no other
    /// permit has been granted since, or takes the next one. With a permit of a slot, it waits until the slot is open again.
    /// </remarks>
    public async ValueTask ConfirmAsync(Permit permit)
    {
        while (!MayBeWritten(permit, out var wait))
        {
            if (circuit.State.IsAvailable == true)
            {
                var askedAt = time.GetTimestamp();
                var write = new CoordinatorRequest(CoordinatorOperation.Write)
                {
                    Number = permit.Grant.Number,
                    Class = FetchPriority.OnTheWire,
                };
                var reply = await session.CallAsync(write);
                if (reply is { Outcome: CoordinatorOutcome.Granted })
                {
                    permit.Renew(reply.Value, askedAt);
                    return;
                }

                wait = TimeSpan.FromMilliseconds(reply?.Value ?? 1);
            }

            if (wait == TimeSpan.MaxValue || permit.Call.IsCancellationRequested)
            {
                throw new IOException("The request was too late for its permit and was not sent.");
            }

            await Task.Delay(wait.ForTimer(), time, permit.Call)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <inheritdoc/>
    public void Sent(Permit permit, bool onNewConnection) =>
        Report(new(CoordinatorOperation.Written) { Number = permit.Grant.Number, IsNew = onNewConnection });

    /// <inheritdoc/>
    public void Delivered(Permit permit)
    {
        forecast.Arrived(permit.Grant.Number);
        Report(new(CoordinatorOperation.Arrived) { Number = permit.Grant.Number });
    }

    private void Report(CoordinatorRequest call)
    {
        if (circuit.State.IsAvailable == true)
        {
            _ = session.CallAsync(call);
        }
    }

    /// <summary>Returns true if a request may be written without asking Redis.</summary>
    /// <param name="permit">The permit of the request.</param>
    /// <param name="wait">Time until it may be written without Redis; <see cref="TimeSpan.MaxValue"/> for never.</param>
    private bool MayBeWritten(Permit permit, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        wait = TimeSpan.MaxValue;
        if (permit.Grant.Number > 0)
        {
            // No other permit is granted before the interval is over, and by then all replicas know when this request was written.
            return now - permit.Grant.AskedAt <= time.Ticks(settings.Interval / 2);
        }

        if (circuit.State.IsAvailable == false)
        {
            wait = forecast.UntilOpen(now);
        }

        return wait == TimeSpan.Zero;
    }
}
