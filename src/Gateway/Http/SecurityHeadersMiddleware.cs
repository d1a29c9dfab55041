using Microsoft.Extensions.Primitives;

namespace NclueGateway.Http;

/// <summary>
/// Adds the security headers that restrict the use of a response by browsers. They are set when the response starts, so
/// that errors have them too. A response without its own content security policy gets the strictest one.
/// </summary>
internal sealed class SecurityHeadersMiddleware(RequestDelegate next, HttpOptions http)
{
    /// <summary>The content security policy of every response without its own: nothing is loaded, run, sent or framed.</summary>
    public const string StrictestPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // One year, the usual minimum of browsers' preload lists. No includeSubDomains: the gateway knows nothing about hosts below this one.
    private const string YearOfTls = "max-age=31536000";

    private const string NoDevices =
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

    private readonly StringValues _transport =
        http.PublicOrigin.Length > 0 && new Uri(http.PublicOrigin) is { Scheme: "https", IsLoopback: false }
            ? YearOfTls
            : StringValues.Empty; // on loopback it would apply to all other servers on a developer's machine

    private Func<object, Task>? _apply; // allocated once, not for each request

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = context.GetEndpoint()?.Metadata.GetMetadata<ContentSecurityPolicy>()?.Value;
        context.Response.OnStarting(_apply ??= Apply, context.Response);
        return next(context);
    }

    private Task Apply(object state)
    {
        var response = (HttpResponse)state;
        var headers = response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY"; // for browsers that do not know frame-ancestors

        // Blocks <img> and <script> of other origins. It does not affect allowed origins, which use CORS.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.StrictTransportSecurity = _transport;
        if (StringValues.IsNullOrEmpty(headers.ContentSecurityPolicy))
        {
            headers.ContentSecurityPolicy = StrictestPolicy;
        }

        if (response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true)
        {
            headers["Permissions-Policy"] = NoDevices; // applies to documents only
        }

        return Task.CompletedTask;
    }
}

/// <summary>Metadata of an endpoint with its own content security policy.</summary>
/// <param name="Value">The header's value.</param>
internal sealed record ContentSecurityPolicy(string Value);
