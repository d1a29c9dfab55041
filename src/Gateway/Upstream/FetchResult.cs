using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

/// <summary>What came of one call: a body to read, or a failure.</summary>
internal readonly record struct FetchResult(ReadOnlyMemory<byte> Body, NclueFailure? Failure)
{
    /// <summary>What was signed, if NCP has answered it.</summary>
    public SignedRequest? Signed { get; init; }

    public static FetchResult Answered(ReadOnlyMemory<byte> body) => new(body, null);

    public static FetchResult Failed(NclueFailureKind kind, string detail, TimeSpan? retryAfter = null) =>
        new(default, new NclueFailure(kind, detail, retryAfter));
}

/// <summary>Why a call brought nothing.</summary>
/// <param name="Kind">What to do about it.</param>
/// <param name="Detail">A sentence for callers and logs. Holds no key, signature, header or body of the upstream.</param>
/// <param name="RetryAfter">What the upstream asked for in <c>Retry-After</c>, if it did.</param>
internal sealed record NclueFailure(NclueFailureKind Kind, string Detail, TimeSpan? RetryAfter = null)
{
    /// <summary>Why a request was probably refused; null for any other failure.</summary>
    public RefusalCause? Cause { get; init; }

    /// <summary>Whether the same may be asked again at once, with a key that has not been refused.</summary>
    public bool HasOtherKey { get; init; }

    /// <summary>The rule for the pause that the failure begins for all replicas; null for a failure that begins none.</summary>
    public ThrottlePolicy? Pause => Kind switch
    {
        NclueFailureKind.Throttled => ThrottlePolicy.Throttled,
        NclueFailureKind.QuotaExceeded => ThrottlePolicy.Exceeded,
        _ => null,
    };

    /// <summary>Returns the kind of failure that begins a pause.</summary>
    public static NclueFailureKind KindOf(ThrottlePolicy rule) =>
        rule == ThrottlePolicy.Exceeded ? NclueFailureKind.QuotaExceeded : NclueFailureKind.Throttled;
}

/// <summary>Why NCP has probably refused a request: it says the same words whatever was wrong with it.</summary>
internal enum RefusalCause
{
    /// <summary>The key pair is wrong, disabled or expired.</summary>
    Key,

    /// <summary>The key may not do this.</summary>
    Permission,

    /// <summary>The time of the request is 5 minutes or more off.</summary>
    Clock,

    /// <summary>There is nothing at this path.</summary>
    Path,
}

internal enum NclueFailureKind
{
    /// <summary>No connection, or one that broke.</summary>
    Unreachable,

    /// <summary>No complete answer within <c>Nclue:Timeout</c>.</summary>
    TimedOut,

    /// <summary>A 5xx, or a status that this call has no use for.</summary>
    ServerError,

    /// <summary>The key was refused: 401, 403, or a path that the key cannot see (404).</summary>
    CredentialsRefused,

    /// <summary>One request too many (429, code 410 or 420): wait seconds.</summary>
    Throttled,

    /// <summary>The account's quota is used up (429, code 400): wait minutes.</summary>
    QuotaExceeded,

    /// <summary>An answer that is too long or is not what the documentation describes.</summary>
    Unreadable,
}
