namespace NclueGateway.Upstream.Pacing;

/// <summary>One granted departure. It is spent, whatever becomes of it.</summary>
/// <param name="at">The timestamp of the grant: nothing that the upstream answers is older.</param>
/// <param name="grant">What all replicas know it by.</param>
/// <param name="closed">Called by <see cref="Close"/>.</param>
internal sealed class Permit(long at, PermitGrant grant, Action<Permit> closed)
{
    // A connection does not see the HttpRequestMessage that it writes: neither YARP nor SocketsHttpHandler passes it on to the stream,
    // which outlives the call. What both keep is the calling method's execution context.
    private static readonly AsyncLocal<Permit?> Current = new();

    /// <summary>The departure of the call that is being made; null outside of one.</summary>
    public static Permit? OfThisCall => Current.Value;

    public long At => at;

    /// <summary>What all replicas know it by.</summary>
    public PermitGrant Grant { get; private set; } = grant;

    /// <summary>Ends when the call does.</summary>
    public CancellationToken Call { get; private set; }

    /// <summary>Whether the one request of this departure is being written.</summary>
    internal bool IsSending { get; set; }

    /// <summary>When the request was sent, while that is no proof that it has arrived.</summary>
    internal long? UnprovenSince { get; set; }

    /// <summary>What the calling asynchronous method sends from now on, it sends with this departure.</summary>
    /// <param name="call">Ends when the call does.</param>
    public void Begin(CancellationToken call)
    {
        Call = call;
        Current.Value = this;
    }

    /// <summary>It was too late for its turn and has got another one. What it brings counts from the first.</summary>
    public void Renew(long number, long askedAt) => Grant = Grant with { Number = number, AskedAt = askedAt };

    /// <summary>
    /// Ends the departure: the upstream has responded, or the call is over. Nothing more will be sent with it, and what was sent has arrived
    /// if it ever will.
    /// </summary>
    public void Close() => closed(this);
}

/// <summary>What all replicas know a departure by.</summary>
/// <param name="Number">Its number among the departures that Redis has granted; 0 for any other.</param>
/// <param name="Time">
/// Its moment by Redis' clock (ms), or earlier: other replicas count the block's age from it. 0 where no Redis has ever answered.
/// </param>
/// <param name="AskedAt">The timestamp before Redis was asked for it: it was granted then or later.</param>
internal readonly record struct PermitGrant(long Number, long Time, long AskedAt);
