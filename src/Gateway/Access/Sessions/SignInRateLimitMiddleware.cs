using NclueGateway.Access.RateLimits;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Limits the sign-in requests of one address. There callers are anonymous, and each request costs the identity provider
/// one. Comes after forwarded headers and before authentication.
/// </summary>
internal sealed class SignInRateLimitMiddleware(RequestDelegate next, QuotaOptions options, TimeProvider time)
{
    private readonly TokenBuckets<AddressRange> _buckets = new(options.AnonymousPerSecond, options.AnonymousPerSecond, time);

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RateLimited>() is not { Limit: RateLimit.Address })
        {
            return next(context);
        }

        var level = _buckets.TryAcquire(AddressRange.Of(context.Connection.RemoteIpAddress));
        return level.IsTaken ? next(context) : RefuseAsync(context, level.Wait);
    }

    private static Task RefuseAsync(HttpContext context, TimeSpan wait) => new SignInRefusal(new(AccessProblems.CallerQuota)
    {
        Detail = "Too many sign-ins come from this address (Quota:AnonymousPerSecond).",
        RetryAfter = wait,
    }).ExecuteAsync(context);
}
