using Microsoft.Extensions.Primitives;

namespace NclueGateway.Http;

/// <summary>
/// The headers that keep browsers from doing more with an answer than it is meant for. They are set as the answer starts, so that errors
/// have them too, and an answer that says nothing of its own gets the strictest policy.
/// </summary>
internal sealed class SecurityHeadersMiddleware
{
    /// <summary>The content security policy of every answer that does not bring its own: nothing is loaded, run, sent or framed.</summary>
    public const string StrictestPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // A year, the usual least for browsers' preload lists. Of other hosts below this one the gateway knows nothing: no includeSubDomains.
    private const string YearOfTls = "max-age=31536000";

    private const string NoDevices =
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

    private readonly RequestDelegate _next;
    private readonly Func<object, Task> _apply;
    private readonly StringValues _transport;

    public SecurityHeadersMiddleware(RequestDelegate next, HttpOptions http)
    {
        _next = next;
        _apply = Apply;
        _transport = http.PublicOrigin.Length > 0 && new Uri(http.PublicOrigin) is { Scheme: "https", IsLoopback: false }
            ? YearOfTls
            : StringValues.Empty; // on loopback it would bind every other program of a developer's machine
    }

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = context.GetEndpoint()?.Metadata.GetMetadata<ContentSecurityPolicy>()?.Value;
        context.Response.OnStarting(_apply, context.Response);
        return _next(context);
    }

    private Task Apply(object state)
    {
        var response = (HttpResponse)state;
        var headers = response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY"; // for browsers that do not know frame-ancestors

        // Bars <img> and <script> of other origins. Allowed origins fetch with CORS, which this header says nothing about.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.StrictTransportSecurity = _transport;
        if (StringValues.IsNullOrEmpty(headers.ContentSecurityPolicy))
        {
            headers.ContentSecurityPolicy = StrictestPolicy;
        }

        if (response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true)
        {
            headers["Permissions-Policy"] = NoDevices; // only documents have any use for it
        }

        return Task.CompletedTask;
    }
}

/// <summary>Metadata of an endpoint with a content security policy of its own.</summary>
/// <param name="Value">The header's value.</param>
internal sealed record ContentSecurityPolicy(string Value);
