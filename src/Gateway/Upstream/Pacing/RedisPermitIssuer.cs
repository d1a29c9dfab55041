using NclueGateway.Redis;
using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>Confirms departures that Redis has granted, or a slot has brought, and reports to Redis what becomes of them.</summary>
internal sealed class RedisPermitIssuer(
    RedisCoordinatorSession session, PermitForecast forecast, RedisCircuit circuit, PacingSettings settings, TimeProvider time) : IPermitIssuer
{
    /// <inheritdoc/>
    /// <remarks>
    /// A request may have been under way for long, when a connection had to be opened. One that Redis has granted then needs Redis'
    /// confirmation that no other has departed since, or takes the next departure; one of a slot waits until the slot is open again.
    /// </remarks>
    public async ValueTask ConfirmAsync(Permit departure)
    {
        while (!MayBeWritten(departure, out var wait))
        {
            if (circuit.State.IsAnswering == true)
            {
                var askedAt = time.GetTimestamp();
                var write = new CoordinatorRequest(PacerOperation.Write) { Number = departure.Grant.Number, Class = FetchPriority.OnTheWire };
                var reply = await session.CallAsync(write);
                if (reply is { Outcome: PacerOutcome.Granted })
                {
                    departure.Renew(reply.Value, askedAt);
                    return;
                }

                wait = TimeSpan.FromMilliseconds(reply?.Value ?? 1);
            }

            if (wait == TimeSpan.MaxValue || departure.Call.IsCancellationRequested)
            {
                throw new IOException("A request was too late for its departure and was held back.");
            }

            await Task.Delay(wait.ForTimer(), time, departure.Call)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <inheritdoc/>
    public void Sent(Permit departure, bool onNewConnection) =>
        Report(new(PacerOperation.Written) { Number = departure.Grant.Number, IsNew = onNewConnection });

    /// <inheritdoc/>
    public void Delivered(Permit departure)
    {
        forecast.Arrived(departure.Grant.Number);
        Report(new(PacerOperation.Arrived) { Number = departure.Grant.Number });
    }

    private void Report(CoordinatorRequest call)
    {
        if (circuit.State.IsAnswering == true)
        {
            _ = session.CallAsync(call);
        }
    }

    /// <param name="departure">The departure of the request.</param>
    /// <param name="wait">How long until it may be written without Redis; MaxValue for never.</param>
    private bool MayBeWritten(Permit departure, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        wait = TimeSpan.MaxValue;
        if (departure.Grant.Number > 0)
        {
            // No other departs before the interval is over, and by then all have learned when this one was written.
            return now - departure.Grant.AskedAt <= time.Ticks(settings.Interval / 2);
        }

        if (circuit.State.IsAnswering == false)
        {
            wait = forecast.UntilOpen(now);
        }

        return wait == TimeSpan.Zero;
    }
}
