using System.Globalization;
using NclueGateway.Access.Callers;
using NclueGateway.Http;

namespace NclueGateway.Access.RateLimits;

/// <summary>
/// Limits the requests of one authenticated caller, and sends the headers <c>RateLimit</c> and <c>RateLimit-Policy</c>
/// (draft-ietf-httpapi-ratelimit-headers-11). Every request counts, also one with the response 304, 403 or 404, so that
/// a client in a loop is limited. Anonymous requests do not count, because an invalid token must not use up the quota
/// of the caller that it names.
/// </summary>
internal sealed class CallerRateLimitMiddleware(RequestDelegate next, QuotaOptions options, TimeProvider time)
{
    // Sent if there is no limit: the API promises both headers. Programs can read the number as 32 bits, and no caller reaches it.
    private const string Unlimited = "\"caller\";q=1000000000;w=1";
    private const string AllLeft = "\"caller\";r=1000000000;t=0";

    private readonly TokenBuckets<CallerKey>? _buckets =
        options.RequestsPerSecond > 0 ? new(options.RequestsPerSecond, options.Burst, time) : null;

    // The window is the time in which an empty bucket fills up, in whole seconds as the draft requires. It is rounded
    // up, so that the policy never promises more requests than the bucket allows in the long run.
    private readonly string _policy = options.RequestsPerSecond == 0 ? Unlimited : string.Create(
        CultureInfo.InvariantCulture,
        $"\"caller\";q={options.Burst};w={(options.Burst + options.RequestsPerSecond - 1) / options.RequestsPerSecond}");

    public Task InvokeAsync(HttpContext context)
    {
        if (context.User is not AuthenticatedCaller { Caller: var caller }
            || context.GetEndpoint()?.Metadata.GetMetadata<RateLimited>() is not { Limit: RateLimit.Caller })
        {
            return next(context);
        }

        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = _policy;
        if (_buckets is null)
        {
            headers["RateLimit"] = AllLeft;
            return next(context);
        }

        var level = _buckets.TryAcquire(caller);
        var seconds = (long)Math.Ceiling(level.Wait.TotalSeconds); // for a refusal equal to Retry-After
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"caller\";r={level.Remaining};t={seconds}");
        return level.IsTaken ? next(context) : RefuseAsync(context, level.Wait);
    }

    private static Task RefuseAsync(HttpContext context, TimeSpan wait) => new ProblemResult(AccessProblems.CallerQuota)
    {
        Detail = "This caller sends requests faster than it may (Quota:RequestsPerSecond, Quota:Burst).",
        RetryAfter = wait,
    }.ExecuteAsync(context);
}
