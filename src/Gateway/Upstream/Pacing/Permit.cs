namespace NclueGateway.Upstream.Pacing;

/// <summary>Permission to send one request to the upstream. It is used up even if the request is never sent.</summary>
/// <param name="at">The timestamp of the grant, which is before any response to the request.</param>
/// <param name="grant">Number and times of the grant, as other replicas see it.</param>
/// <param name="closed">Called by <see cref="Close"/>.</param>
internal sealed class Permit(long at, PermitGrant grant, Action<Permit> closed)
{
    // A connection does not see the HttpRequestMessage that it writes: neither YARP nor SocketsHttpHandler passes it to the stream, which
    // outlives the request. Both keep the execution context of the calling method.
    private static readonly AsyncLocal<Permit?> Current = new();

    /// <summary>Permit of the request that the calling code is making; null if it makes none.</summary>
    public static Permit? OfThisCall => Current.Value;

    public long At => at;

    /// <summary>Number and times of the grant, as other replicas see it.</summary>
    public PermitGrant Grant { get; private set; } = grant;

    /// <summary>
    /// The newest position of the snapshot's log at the grant, or an older one; null if it is not known. A response without it proves
    /// nothing about runs that it lacks.
    /// </summary>
    public LogPosition? Since { get; init; }

    /// <summary>Token that is cancelled when the request ends.</summary>
    public CancellationToken Call { get; private set; }

    /// <summary>True if the request has a connection to NCLUE, on which it is sent once it may be.</summary>
    public bool HasConnection { get; internal set; }

    /// <summary>True while the one request of this permit is being written.</summary>
    internal bool IsSending { get; set; }

    /// <summary>Timestamp at which the request was sent, while its arrival is not proven.</summary>
    internal long? UnprovenSince { get; set; }

    /// <summary>Makes the calling asynchronous method send its request with this permit.</summary>
    /// <param name="call">Cancelled when the request ends.</param>
    public void Begin(CancellationToken call)
    {
        Call = call;
        Current.Value = this;
    }

    /// <summary>
    /// Applies another grant, because the request was too late for the first one. The age of the fetched block is still
    /// counted from the first one.
    /// </summary>
    public void Renew(long number, long askedAt) => Grant = Grant with { Number = number, AskedAt = askedAt };

    /// <summary>
    /// Closes the permit after the response, or after the end of the request. No more bytes are sent with it, and a
    /// request that was sent has arrived or never will.
    /// </summary>
    public void Close() => closed(this);
}

/// <summary>Number and times of a grant, as other replicas see it.</summary>
/// <param name="Number">Its number among the permits that Redis has granted; 0 for any other.</param>
/// <param name="Time">
/// Its time by Redis' clock (ms), or earlier: other replicas count the block's age from it. 0 if Redis has never responded.
/// </param>
/// <param name="AskedAt">A timestamp before the claim was sent to Redis, so the permit was granted then or
/// later.</param>
internal readonly record struct PermitGrant(long Number, long Time, long AskedAt);
