using NclueGateway.Access.Callers;

namespace NclueGateway.Access;

/// <summary>
/// Endpoints for unknown paths and methods, so that the policy of a group applies to them too. Their callers are
/// authenticated where possible, for the rate limit and the audit.
/// </summary>
internal static class UnmatchedRequests
{
    /// <summary>
    /// Responds 405 below the routes of the group, and 404 on every other path below <paramref name="path"/>. Call it after
    /// mapping those routes.
    /// </summary>
    public static void MapUnmatched(this RouteGroupBuilder group, string path)
    {
        // A catch-all takes all methods, so the router itself no longer responds 405 to any path below it.
        var routes = ((IEndpointRouteBuilder)group).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ISuppressMatchingMetadata>() is null) // described, and not served
            .GroupBy(
                endpoint => endpoint.RoutePattern.RawText!,
                endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            .ToDictionary(route => route.Key, route => string.Join(", ", route.SelectMany(methods => methods)));
        foreach (var (route, methods) in routes.Where(route => route.Value.Length > 0))
        {
            Map(route, StatusCodes.Status405MethodNotAllowed, methods);
        }

        Map(path + "/{**rest}", StatusCodes.Status404NotFound, allow: default);

        void Map(string route, int status, string? allow) => group
            .Map(route, context =>
            {
                context.SetEndpoint(null); // logs and metrics name no route for a path that does not exist
                context.Response.StatusCode = status;
                context.Response.Headers.Allow = allow;
                return Task.CompletedTask;
            })
            .AllowAnonymous()
            .WithMetadata(new OptionalAuthentication())
            .ExcludeFromDescription();
    }
}
