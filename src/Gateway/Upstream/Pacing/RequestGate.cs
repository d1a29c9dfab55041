using NclueGateway.Time;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// Keeps this replica's requests apart at the point where they are written. A request is written at least one interval
/// after the previous one, and only one permit at a time is granted whose request is not yet sent. NCLUE allows an
/// account one request per second (https://api.ncloud-docs.com/docs/nclue-api-overview) and counts arrivals.
/// </summary>
/// <remarks>
/// A request arrives later than it is sent. On a reused connection the bytes arrive at once. On a new connection they
/// may arrive later: the upstream must first accept the connection, and a cold process on a busy machine takes time for
/// that. Only the response proves the arrival then, so the next permit is counted from the response. If the response
/// takes longer than one interval, the next permit is counted from one interval after sending. So a slow upstream costs
/// one permit for each connection and no more.
/// </remarks>
/// <param name="interval">Minimum time between two requests.</param>
/// <param name="time">The clock.</param>
/// <param name="changes">Raised when the time of the next permit has changed.</param>
/// <param name="issuer">Confirms permits right before they are used; null if a replica uses only its own share.</param>
internal sealed class RequestGate(TimeSpan interval, TimeProvider time, ChangeSignal changes, IPermitIssuer? issuer = null)
{
    private readonly Lock _lock = new();
    private readonly long _interval = time.Ticks(interval);
    private long _next = long.MinValue;
    private Permit? _unsent;

    /// <summary>Minimum time between two requests of this replica.</summary>
    public TimeSpan Interval => interval;

    /// <summary>
    /// Time until a permit is available. Zero: now. Null: a permit has been granted, but its request is not sent yet.
    /// </summary>
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

    /// <summary>Takes the permit that is available now; null when none is.</summary>
    /// <param name="grant">Number and times of the grant, as other replicas see it.</param>
    /// <param name="since">The newest position of the snapshot's log, or an older one; null if it is not known.</param>
    public Permit? TryAcquire(PermitGrant grant = default, LogPosition? since = null)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_unsent is not null || _next > now)
            {
                return null;
            }

            _next = now + _interval;
            return _unsent = new Permit(now, grant, Delivered) { Since = since };
        }
    }

    /// <summary>
    /// Sends one request. The next permit is counted from this time, even if only a part of the request could be sent.
    /// </summary>
    /// <param name="permit">The permit of the request; null for none.</param>
    /// <param name="onNewConnection">True if it is the first request of its connection.</param>
    /// <param name="send">Writes the request.</param>
    /// <exception cref="IOException">
    /// The request has no permit left. <see cref="SocketsHttpHandler"/> retries a request by itself when a pooled connection turns out to
    /// be closed. The upstream may have counted the first one, and a permit granted since belongs to another request.
    /// </exception>
    public async ValueTask SendAsync(Permit? permit, bool onNewConnection, Func<ValueTask> send)
    {
        lock (_lock)
        {
            if (permit is null or { IsSending: true } || permit != _unsent)
            {
                throw new IOException("A request without a permit was not sent.");
            }

            permit.IsSending = true;
            permit.HasConnection = true;
        }

        var isOut = false;
        try
        {
            await (issuer?.ConfirmAsync(permit) ?? default);
            isOut = true;
            await send();
        }
        finally
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                permit.IsSending = false;
                if (isOut)
                {
                    permit.UnprovenSince = onNewConnection ? now : null;
                    _next = Math.Max(_next, now + (onNewConnection ? 2 * _interval : _interval));
                }

                _unsent = null;
            }

            if (isOut)
            {
                issuer?.Sent(permit, onNewConnection);
            }

            changes.Raise();
        }
    }

    /// <summary>
    /// Records that a sent request has arrived or never will, and that no more bytes will be sent with its permit.
    /// </summary>
    private void Delivered(Permit permit)
    {
        bool isProof;
        lock (_lock)
        {
            if (permit.IsSending)
            {
                return; // the bytes that are being written may still arrive
            }

            if (permit.UnprovenSince is { } sent && _next == sent + (2 * _interval))
            {
                _next = Math.Min(time.GetTimestamp(), sent + _interval) + _interval;
            }

            isProof = permit.UnprovenSince is not null;
            permit.UnprovenSince = null;
            if (_unsent == permit)
            {
                _unsent = null;
            }
        }

        if (isProof)
        {
            issuer?.Delivered(permit);
        }

        changes.Raise();
    }
}
