using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

/// <summary>Result of one upstream request: a body to read, or a failure.</summary>
internal readonly record struct FetchResult(ReadOnlyMemory<byte> Body, NclueFailure? Failure)
{
    /// <summary>Key and time with which the request was signed; null unless NCP has responded.</summary>
    public SignedRequest? Signed { get; init; }

    public static FetchResult Success(ReadOnlyMemory<byte> body) => new(body, null);

    public static FetchResult Failed(NclueFailureKind kind, string detail, TimeSpan? retryAfter = null) =>
        new(default, new NclueFailure(kind, detail, retryAfter));
}

/// <summary>Reason why a request returned no block.</summary>
/// <param name="Kind">Kind of failure, which decides how the gateway reacts.</param>
/// <param name="Detail">Sentence for clients and logs. Contains no key, signature, header or body of the upstream.</param>
/// <param name="RetryAfter">Delay that the upstream requested with <c>Retry-After</c>; null without one.</param>
internal sealed record NclueFailure(NclueFailureKind Kind, string Detail, TimeSpan? RetryAfter = null)
{
    /// <summary>Probable cause of a refusal; null for any other failure.</summary>
    public RefusalCause? Cause { get; init; }

    /// <summary>True if the proxy (<c>Nclue:Proxy</c>) opened no connection to NCLUE.</summary>
    public bool IsOfProxy { get; init; }

    /// <summary>True if the request may be retried at once with a key that has not been refused.</summary>
    public bool HasOtherKey { get; init; }

    /// <summary>The rule for the pause of all replicas after this failure; null if it causes no pause.</summary>
    public ThrottlePolicy? Pause => Kind switch
    {
        NclueFailureKind.Throttled => ThrottlePolicy.Throttled,
        NclueFailureKind.QuotaExceeded => ThrottlePolicy.Exceeded,
        _ => null,
    };

    /// <summary>Returns the kind of failure for a pause.</summary>
    public static NclueFailureKind KindOf(ThrottlePolicy rule) =>
        rule == ThrottlePolicy.Exceeded ? NclueFailureKind.QuotaExceeded : NclueFailureKind.Throttled;
}

/// <summary>
/// Probable cause of a refusal. NCP's response does not name the cause: different causes have the same text.
/// </summary>
internal enum RefusalCause
{
    /// <summary>The key pair is wrong, disabled or expired.</summary>
    Key,

    /// <summary>The key lacks the permission.</summary>
    Permission,

    /// <summary>The time of the request differs from NCP's by 5 minutes or more.</summary>
    Clock,

    /// <summary>The path does not exist.</summary>
    Path,
}

internal enum NclueFailureKind
{
    /// <summary>No connection could be opened, or it was lost.</summary>
    Unreachable,

    /// <summary>No complete response within <c>Nclue:Timeout</c>.</summary>
    TimedOut,

    /// <summary>A 5xx, or another status that is not expected for this request.</summary>
    ServerError,

    /// <summary>The key was refused: 401, 403, or 404 for a path to which the key has no access.</summary>
    CredentialsRefused,

    /// <summary>The account sends requests too fast (429, code 410 or 420): the wait is seconds.</summary>
    Throttled,

    /// <summary>The account's quota is used up (429, code 400): the wait is minutes.</summary>
    QuotaExceeded,

    /// <summary>A response that is too long or does not match the documentation.</summary>
    Unreadable,
}
