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

    /// <summary>
    /// Lets a browser load the endpoint's page with its session. A GET changes nothing and no other site can read the page, so it needs no
    /// proof. A navigation extends the session, unless another site caused it; a script's request does not.
    /// </summary>
    public static TBuilder AllowsNavigation<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NavigationUse());

    private static async Task GuardAsync(HttpContext context, CachedSession session, Endpoint endpoint, RequestDelegate next)
    {
        var isNavigable = endpoint.Metadata.GetMetadata<NavigationUse>() is not null;
        if (!isNavigable && context.Request.Headers[CrossOrigin.CsrfHeader] is not ["1"] && !IsOfAllowedEventSource(context, endpoint))
        {
            await new ProblemResult(AccessProblems.CsrfHeaderMissing)
            {
                Detail = $"Send the header {CrossOrigin.CsrfHeader}: 1 with every request that is authenticated by the session cookie.",
            }.ExecuteAsync(context);
            return;
        }

        if (isNavigable ? IsOwnNavigation(context.Request.Headers) : endpoint.Metadata.GetMetadata<SessionUse>() is not null)
        {
            await context.RequestServices.GetRequiredService<SessionCache>().ExtendAsync(session);
        }

        await next(context);
    }

    private static bool IsOwnNavigation(IHeaderDictionary headers) =>
        headers[FetchMetadata.Mode] is ["navigate"] && headers[FetchMetadata.Site] is not ["cross-site"];

    /// <summary>Returns true for a GET whose origin, as the browser states it, is the gateway's own or an allowed one.</summary>
    private static bool IsOfAllowedEventSource(HttpContext context, Endpoint endpoint)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) || endpoint.Metadata.GetMetadata<EventSourceUse>() is null)
        {
            return false;
        }

        var isSameOrigin = request.Headers[FetchMetadata.Site] is ["same-origin"];
        return isSameOrigin || (request.Headers[HeaderNames.Origin] is [{ } origin]
            && context.RequestServices.GetRequiredService<AuthOptions>().AllowedOrigins.Contains(origin));
    }
}

/// <summary>Metadata of an endpoint that an EventSource uses with its session.</summary>
internal sealed record EventSourceUse;

/// <summary>Metadata of an endpoint that a browser loads as a page with its session.</summary>
internal sealed record NavigationUse;

/// <summary>Metadata of an endpoint whose requests extend a session.</summary>
internal sealed record SessionUse;
