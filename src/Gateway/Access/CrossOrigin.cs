using Microsoft.Net.Http.Headers;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access;

/// <summary>
/// Lets pages of <see cref="AuthOptions.AllowedOrigins"/> read the gateway's responses, errors included (CORS,
/// https://fetch.spec.whatwg.org/#http-cors-protocol). Handles preflights, which browsers send without a token or cookie.
/// </summary>
internal static class CrossOrigin
{
    /// <summary>Header by which a script proves that a page of an allowed origin sent a request with the session cookie.</summary>
    /// <value>Sent with the value 1.</value>
    public const string CsrfHeader = "X-CSRF";

    /// <summary>Time that a browser caches the response to a preflight: Chromium's own maximum.</summary>
    public static readonly TimeSpan PreflightMaxAge = TimeSpan.FromSeconds(7200);

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    private static readonly string[] RequestHeaders =
    [
        HeaderNames.Authorization, CsrfHeader, HeaderNames.Accept, HeaderNames.IfMatch, HeaderNames.IfNoneMatch, "Last-Event-ID",

        // The gateway drops or ignores the following. Tracing agents and wrappers of fetch add them to every request of a
        // page. A browser sends none of these requests if a preflight refuses one of the headers.
        HeaderNames.TraceParent, HeaderNames.TraceState, HeaderNames.Baggage, "sentry-trace", "b3", "X-B3-TraceId", "X-B3-SpanId",
        "X-B3-ParentSpanId", "X-B3-Sampled", "newrelic", "x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin",
        "x-datadog-sampling-priority", "x-datadog-tags", HeaderNames.RequestId, "Request-Context", "X-Request-Id", "X-Correlation-Id",
        HeaderNames.ContentType, HeaderNames.CacheControl, HeaderNames.Pragma, HeaderNames.IfModifiedSince, HeaderNames.XRequestedWith,
    ];

    private static readonly string[] ResponseHeaders =
    [
        HeaderNames.ETag, HeaderNames.Age, HeaderNames.Date, HeaderNames.Link, HeaderNames.RetryAfter, "Cache-Status", "RateLimit",
        "RateLimit-Policy", HeaderNames.WWWAuthenticate,
    ];

    public static IServiceCollection AddCrossOrigin(this IServiceCollection services, AuthOptions auth) => services
        .AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. auth.AllowedOrigins])
            .AllowCredentials()
            .WithMethods(Methods)
            .WithHeaders(RequestHeaders)
            .WithExposedHeaders(ResponseHeaders)
            .SetPreflightMaxAge(PreflightMaxAge)));

    /// <summary>Adds the CORS middleware. It comes before everything that may refuse a request.</summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AuthOptions>().AllowedOrigins.Count == 0)
        {
            return;
        }

        // Registered before the framework's callback: callbacks run in reverse order, so this one runs after it.
        app.Use((context, next) =>
        {
            context.Response.OnStarting(VaryByOriginAsync, context.Response);
            return next(context);
        });
        app.UseCors();
    }

    /// <summary>
    /// Adds <c>Vary: Origin</c> to every response, once. A cache must not serve to an allowed origin what it stored for
    /// another origin, nor the other way round. The framework adds the header only for allowed origins, and beside the
    /// endpoint's own.
    /// </summary>
    private static Task VaryByOriginAsync(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        var names = headers.GetCommaSeparatedValues(HeaderNames.Vary).Append(HeaderNames.Origin);
        headers.Vary = string.Join(", ", names.Distinct(StringComparer.OrdinalIgnoreCase));
        return Task.CompletedTask;
    }
}
