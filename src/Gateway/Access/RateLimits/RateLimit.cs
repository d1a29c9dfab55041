namespace NclueGateway.Access.RateLimits;

/// <summary>The rate limit that counts the requests to an endpoint.</summary>
internal enum RateLimit
{
    /// <summary>Limit per authenticated caller (<see cref="CallerRateLimitMiddleware"/>).</summary>
    Caller,

    /// <summary>Limit per client address, for sign-in (<c>SignInRateLimit</c>).</summary>
    Address,
}

/// <summary>Metadata of an endpoint with a rate limit.</summary>
internal sealed record RateLimited(RateLimit Limit);
