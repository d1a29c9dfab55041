namespace NclueGateway.Nclue;

/// <summary>
/// Grants departures to the upstream, at least one interval apart. NCLUE allows an account one request per second
/// (https://api.ncloud-docs.com/docs/nclue-api-overview) and counts arrivals, so the next departure is counted from the moment the last
/// request was on the wire, and while one has been granted but not sent there is no other.
/// </summary>
/// <remarks>
/// Departure is not arrival. On a connection that stands, the bytes are there at once. On a new one they may not be: the upstream has yet
/// to accept it, and a cold process on a busy machine takes its time. There only the answer proves the arrival, so the next departure
/// is counted from the answer; but from one interval after sending when the answer takes longer, so that a slow upstream costs one
/// departure for each connection and no more.
/// </remarks>
internal sealed class Pacer
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _interval;
    private long _next = long.MinValue;
    private Departure? _unsent;

    public Pacer(NclueOptions options, TimeProvider time)
    {
        _time = time;
        Interval = options.RequestInterval * options.ReplicaCount;
        _interval = time.Ticks(Interval);
    }

    /// <summary>Called when the time of the next departure has changed.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>
    /// The least time between two departures of this replica. Replicas that share nothing cannot agree on who goes when, so each keeps to
    /// its share of the budget.
    /// </summary>
    public TimeSpan Interval { get; }

    /// <summary>How long until a departure is open: zero when one is now, null while one has been granted and not sent.</summary>
    public TimeSpan? UntilOpen
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                return _unsent is not null ? null
                    : _next > now ? _time.GetElapsedTime(now, _next)
                    : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Takes the departure that is open now; null when none is.</summary>
    public Departure? TryDepart()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (_unsent is not null || _next > now)
            {
                return null;
            }

            _next = now + _interval;
            return _unsent = new Departure(this, now);
        }
    }

    /// <summary>Lets one request onto the wire: sends it, and counts the next departure from then, even if sending fails half-way.</summary>
    /// <param name="onNewConnection">Whether it is the first request of its connection.</param>
    /// <param name="send">Writes the request.</param>
    /// <exception cref="IOException">
    /// The call that it belongs to has no departure left. <see cref="SocketsHttpHandler"/> sends a request again, unasked, when a pooled
    /// connection turns out to be closed; the upstream may have counted the first one, and a departure granted since belongs to another call.
    /// </exception>
    public async ValueTask SendAsync(bool onNewConnection, Func<ValueTask> send)
    {
        var departure = Departure.OfThisCall;
        lock (_lock)
        {
            if (departure is null or { IsSending: true } || departure != _unsent)
            {
                throw new IOException("A request without a departure was held back.");
            }

            departure.IsSending = true;
        }

        try
        {
            await send();
        }
        finally
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                departure.IsSending = false;
                departure.UnprovenSince = onNewConnection ? now : null;
                _next = Math.Max(_next, now + (onNewConnection ? 2 * _interval : _interval));
                _unsent = null;
            }

            Changed();
        }
    }

    private void Arrived(Departure departure)
    {
        lock (_lock)
        {
            if (departure.IsSending)
            {
                return; // what is being written may still arrive
            }

            if (departure.UnprovenSince is { } sent && _next == sent + (2 * _interval))
            {
                _next = Math.Min(_time.GetTimestamp(), sent + _interval) + _interval;
            }

            departure.UnprovenSince = null;
            if (_unsent == departure)
            {
                _unsent = null;
            }
        }

        Changed();
    }

    /// <summary>One granted departure. It is spent, whatever becomes of it.</summary>
    /// <param name="at">The timestamp of the grant: nothing that the upstream answers is older.</param>
    internal sealed class Departure(Pacer pacer, long at)
    {
        private static readonly AsyncLocal<Departure?> Current = new();

        /// <summary>The departure of the call that is being made; null outside of one.</summary>
        public static Departure? OfThisCall => Current.Value;

        public long At => at;

        /// <summary>Whether the one request of this departure is being written.</summary>
        internal bool IsSending { get; set; }

        /// <summary>When the request was sent, while that is no proof that it has arrived.</summary>
        internal long? UnprovenSince { get; set; }

        /// <summary>What the calling asynchronous method sends from now on, it sends with this departure.</summary>
        public void Begin() => Current.Value = this;

        /// <summary>The upstream has answered, so the request has arrived.</summary>
        public void Answered() => pacer.Arrived(this);

        /// <summary>The call is over: nothing will be sent any more, and what was sent has arrived if it ever will.</summary>
        public void Close() => pacer.Arrived(this);
    }
}
