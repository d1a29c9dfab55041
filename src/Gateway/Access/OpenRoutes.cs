namespace NclueGateway.Access;

/// <summary>
/// The routes that anybody may use. An endpoint that is neither here nor requires authorisation is closed to everybody, so that forgetting
/// one line of code opens nothing.
/// </summary>
internal static class OpenRoutes
{
    /// <summary>Route patterns as they are mapped, without the leading slash.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "",
        "problems",
        "problems/{slug}",
        "health",
        "metrics",
        "health/live",
        "health/ready",
        "openapi/v1.json",
        "swagger/gateway.js",
        "swagger/gateway.css",
        "swagger/{**path}",
        "session/login",
        "session/backchannel-logout",
    ];

    /// <summary>Whether the endpoint may be used without signing in.</summary>
    /// <remarks>
    /// No endpoint is a path that does not exist, and the router's own endpoints for 405 and 415 (they have no route) only say so: both are
    /// open, so that callers learn of a wrong path or method whether or not they are signed in.
    /// </remarks>
    public static bool Allow(Endpoint? endpoint) =>
        endpoint is not RouteEndpoint { RoutePattern.RawText: var pattern }
        || All.Contains(pattern?.TrimStart('/'), StringComparer.Ordinal);
}
