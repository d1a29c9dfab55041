using NclueGateway.Access.RateLimits;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Limits the sign-in requests of one address. Their callers are anonymous, and each may cause a request to the
/// identity provider.
/// </summary>
internal sealed class SignInRateLimit(QuotaOptions options, TimeProvider time) : IEndpointFilter
{
    private readonly TokenBuckets<AddressRange> _buckets = new(options.AnonymousPerSecond, options.AnonymousPerSecond, time);

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var level = _buckets.TryAcquire(AddressRange.Of(context.HttpContext.Connection.RemoteIpAddress));
        return level.IsTaken ? next(context) : new(new SignInRefusal(new(AccessProblems.CallerQuota)
        {
            Detail = "Too many sign-ins come from this address (Quota:AnonymousPerSecond).",
            RetryAfter = level.Wait,
        }));
    }
}
