namespace NclueGateway.Access.RateLimits;

/// <summary>The rate limit that requests to an endpoint count in.</summary>
internal enum RateLimit
{
    /// <summary>That of the authenticated caller (<see cref="CallerRateLimitMiddleware"/>).</summary>
    Caller,

    /// <summary>That of the client's address, for sign-in.</summary>
    Address,
}

/// <summary>Metadata of an endpoint with a rate limit.</summary>
internal sealed record RateLimited(RateLimit Limit);
