using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// Keeps this replica's own requests apart where they leave: at least one interval from the moment the last one was on the wire, and while
/// one has been granted but not sent there is no other. NCLUE allows an account one request per second
/// (https://api.ncloud-docs.com/docs/nclue-api-overview) and counts arrivals.
/// </summary>
/// <remarks>
/// Departure is not arrival. On a connection that stands, the bytes are there at once. On a new one they may not be: the upstream has yet
/// to accept it, and a cold process on a busy machine takes its time. There only the answer proves the arrival, so the next departure
/// is counted from the answer; but from one interval after sending when the answer takes longer, so that a slow upstream costs one
/// departure for each connection and no more.
/// </remarks>
/// <param name="interval">The least time between two requests.</param>
/// <param name="time">The clock.</param>
/// <param name="changes">Raised when the time of the next departure has changed.</param>
/// <param name="issuer">Confirms departures right before they are used; null where a replica keeps to its own share.</param>
internal sealed class RequestGate(TimeSpan interval, TimeProvider time, ChangeSignal changes, IPermitIssuer? issuer = null)
{
    private readonly Lock _lock = new();
    private readonly long _interval = time.Ticks(interval);
    private long _next = long.MinValue;
    private Permit? _unsent;

    /// <summary>The least time between two requests of this replica.</summary>
    public TimeSpan Interval => interval;

    /// <summary>How long until a departure is open: zero when one is now, null while one has been granted and not sent.</summary>
    public TimeSpan? UntilOpen
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                return _unsent is not null ? null
                    : _next > now ? time.GetElapsedTime(now, _next)
                    : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Takes the departure that is open now; null when none is.</summary>
    /// <param name="grant">What all replicas know it by.</param>
    public Permit? TryAcquire(PermitGrant grant = default)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_unsent is not null || _next > now)
            {
                return null;
            }

            _next = now + _interval;
            return _unsent = new Permit(now, grant, Delivered);
        }
    }

    /// <summary>Lets one request onto the wire: sends it, and counts the next departure from then, even if sending fails half-way.</summary>
    /// <param name="departure">The departure of its call; null for none.</param>
    /// <param name="onNewConnection">Whether it is the first request of its connection.</param>
    /// <param name="send">Writes the request.</param>
    /// <exception cref="IOException">
    /// The call that it belongs to has no departure left. <see cref="SocketsHttpHandler"/> sends a request again, unasked, when a pooled
    /// connection turns out to be closed; the upstream may have counted the first one, and a departure granted since belongs to another call.
    /// </exception>
    public async ValueTask SendAsync(Permit? departure, bool onNewConnection, Func<ValueTask> send)
    {
        lock (_lock)
        {
            if (departure is null or { IsSending: true } || departure != _unsent)
            {
                throw new IOException("A request without a departure was held back.");
            }

            departure.IsSending = true;
        }

        var isOut = false;
        try
        {
            await (issuer?.ConfirmAsync(departure) ?? default);
            isOut = true;
            await send();
        }
        finally
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                departure.IsSending = false;
                if (isOut)
                {
                    departure.UnprovenSince = onNewConnection ? now : null;
                    _next = Math.Max(_next, now + (onNewConnection ? 2 * _interval : _interval));
                }

                _unsent = null;
            }

            if (isOut)
            {
                issuer?.Sent(departure, onNewConnection);
            }

            changes.Raise();
        }
    }

    /// <summary>What was sent with a departure has arrived, if it ever will, and nothing more will be sent with it.</summary>
    private void Delivered(Permit departure)
    {
        bool isProof;
        lock (_lock)
        {
            if (departure.IsSending)
            {
                return; // what is being written may still arrive
            }

            if (departure.UnprovenSince is { } sent && _next == sent + (2 * _interval))
            {
                _next = Math.Min(time.GetTimestamp(), sent + _interval) + _interval;
            }

            isProof = departure.UnprovenSince is not null;
            departure.UnprovenSince = null;
            if (_unsent == departure)
            {
                _unsent = null;
            }
        }

        if (isProof)
        {
            issuer?.Delivered(departure);
        }

        changes.Raise();
    }
}
