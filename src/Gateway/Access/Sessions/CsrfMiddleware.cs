using Microsoft.Net.Http.Headers;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Policy for requests that are authenticated by the cookie alone. A browser sends the cookie no matter which site
/// caused the request. So the request must carry a header that only a script of an allowed origin can set: a custom
/// header makes the browser send a preflight (CORS). For an endpoint that extends sessions, the middleware then
/// restarts the idle time of the session.
/// </summary>
/// <remarks>
/// An EventSource of a browser can set no header. Endpoints for it accept GET from the same origin or an allowed one, by the headers with
/// which the browser itself names the origin.
/// </remarks>
internal static class CsrfMiddleware
{
    /// <summary>
    /// Header in which browsers state how the origin of a request relates to its target (https://w3c.github.io/webappsec-fetch-metadata/).
    /// </summary>
    private const string SecFetchSite = "Sec-Fetch-Site";

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

    /// <summary>Lets an EventSource of the same origin or of an allowed one use the endpoint with its session.</summary>
    public static TBuilder AllowsEventSource<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new EventSourceUse());

    private static async Task GuardAsync(HttpContext context, CachedSession session, Endpoint endpoint, RequestDelegate next)
    {
        if (context.Request.Headers[CrossOrigin.CsrfHeader] is not ["1"] && !IsOfAllowedEventSource(context, endpoint))
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

    /// <summary>Returns true for a GET whose origin, as the browser states it, is the gateway's own or an allowed one.</summary>
    private static bool IsOfAllowedEventSource(HttpContext context, Endpoint endpoint)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) || endpoint.Metadata.GetMetadata<EventSourceUse>() is null)
        {
            return false;
        }

        // Sec- headers and Origin cannot be set by scripts (https://fetch.spec.whatwg.org/#forbidden-request-header).
        var isSameOrigin = request.Headers[SecFetchSite] is ["same-origin"];
        return isSameOrigin || (request.Headers[HeaderNames.Origin] is [{ } origin]
            && context.RequestServices.GetRequiredService<AuthOptions>().AllowedOrigins.Contains(origin));
    }
}

/// <summary>Metadata of an endpoint that an EventSource uses with its session.</summary>
internal sealed record EventSourceUse;

/// <summary>Metadata of an endpoint whose requests extend a session.</summary>
internal sealed record SessionUse;
