using NclueGateway.Access.Sessions;
using NclueGateway.Http;

namespace NclueGateway.Access;

/// <summary>
/// What one address may ask of the sign-in paths, where nobody is signed in yet and each request costs the identity provider one. Goes after
/// the known proxies have been taken off the address and before authentication, which answers the callback itself.
/// </summary>
internal sealed class AnonymousQuota(RequestDelegate next, QuotaOptions options, TimeProvider time)
{
    private static readonly string[] SignInPaths = [SessionEndpoints.Login, SessionEndpoints.Callback, SessionEndpoints.BackChannelLogout];

    private readonly TokenBuckets<AddressRange> _buckets = new(options.AnonymousPerSecond, options.AnonymousPerSecond, time);

    /// <summary>The paths that it is about.</summary>
    public static IReadOnlyList<string> Paths => SignInPaths;

    public Task InvokeAsync(HttpContext context)
    {
        if (!IsSignIn(context.Request.Path.Value))
        {
            return next(context);
        }

        var level = _buckets.Take(AddressRange.Of(context.Connection.RemoteIpAddress));
        return level.IsTaken ? next(context) : RefuseAsync(context, level.Wait);
    }

    /// <summary>Compares as the router does, which sees no difference in case or in a slash at the end.</summary>
    private static bool IsSignIn(ReadOnlySpan<char> path)
    {
        path = path.TrimEnd('/');
        foreach (var signIn in SignInPaths)
        {
            if (path.Equals(signIn, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static Task RefuseAsync(HttpContext context, TimeSpan wait) => new SignInRefusal(new(Problems.CallerQuota)
    {
        Detail = "Too many sign-ins come from this address (Quota:AnonymousPerSecond).",
        RetryAfter = wait,
    }).ExecuteAsync(context);
}
