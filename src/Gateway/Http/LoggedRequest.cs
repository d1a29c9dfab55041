using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;

namespace NclueGateway.Http;

/// <summary>A request as logs, the audit and problems describe it, without text of the caller.</summary>
internal static class LoggedRequest
{
    /// <summary>
    /// OpenTelemetry's name for every method that HTTP does not define: a caller may send any word as the method.
    /// </summary>
    private const string OtherMethod = "_OTHER";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];

    /// <summary>Returns the method, or <c>_OTHER</c> if HTTP does not define it.</summary>
    public static string Method(HttpRequest request) =>
        Methods.Contains(request.Method, StringComparer.Ordinal) ? request.Method : OtherMethod;

    /// <summary>
    /// Returns the endpoint, also after an exception: the exception handler removes it from the request and keeps it in
    /// its feature.
    /// </summary>
    public static Endpoint? Endpoint(HttpContext context) =>
        context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;

    /// <summary>Returns the pattern of the route, not the path that was sent; null when no route matches.</summary>
    public static string? Route(HttpContext context) => (Endpoint(context) as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>Returns the trace id; without tracing, the server's id of the request.</summary>
    public static string TraceId(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
}
