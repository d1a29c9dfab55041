using NclueGateway.Access.Bearer;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Policy for requests that are authenticated by the cookie alone. A browser sends the cookie no matter which site
/// caused the request. So the request must carry a header that only a script of an allowed origin can set: a custom
/// header makes the browser send a preflight (CORS). For an endpoint that extends sessions, the middleware then
/// restarts the idle time of the session.
/// </summary>
internal static class CsrfMiddleware
{
    /// <summary>
    /// Adds the middleware after the framework's authentication, which callers with a cached token skip: they have no session. It comes
    /// before the rate limit, because another site must not use up the person's quota.
    /// </summary>
    public static void UseCsrfProtection(this IApplicationBuilder app) => app.Use((context, next) =>
        context.Features.Get<CachedSession>() is { } session
        && context.GetEndpoint() is { } endpoint
        && TokenCacheMiddleware.IsClosed(endpoint)
            ? GuardAsync(context, session, endpoint, next)
            : next(context));

    /// <summary>Makes each request to the endpoint extend the session of its caller.</summary>
    public static TBuilder ExtendsSession<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new SessionUse());

    private static async Task GuardAsync(HttpContext context, CachedSession session, Endpoint endpoint, RequestDelegate next)
    {
        if (context.Request.Headers[CrossOrigin.CsrfHeader] is not ["1"])
        {
            await new ProblemResult(AccessProblems.CsrfHeaderMissing)
            {
                Detail = $"Send the header {CrossOrigin.CsrfHeader}: 1 with every request that is authenticated by the session cookie.",
            }.ExecuteAsync(context);
            return;
        }

        if (endpoint.Metadata.GetMetadata<SessionUse>() is not null)
        {
            await context.RequestServices.GetRequiredService<SessionCache>().ExtendAsync(session);
        }

        await next(context);
    }
}

/// <summary>Metadata of an endpoint whose requests extend a session.</summary>
internal sealed record SessionUse;
