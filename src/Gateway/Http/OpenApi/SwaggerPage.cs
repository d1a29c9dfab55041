using System.Text;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Swagger UI at <c>/swagger</c>: Swashbuckle's files with the gateway's own page, script and stylesheet. So it works
/// under a content security policy without <c>unsafe-inline</c> and <c>unsafe-eval</c>.
/// </summary>
internal static class SwaggerPage
{
    // Icons are data URLs. The page neither loads from other origins nor sends to them.
    private static readonly ContentSecurityPolicy SecurityPolicy = new(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    public static void MapUi(this IEndpointRouteBuilder endpoints, bool hasSignIn)
    {
        // Created at the first request, so that startup does not wait for it.
        var ui = new Lazy<RequestDelegate>(() => Create(endpoints.CreateApplicationBuilder(), hasSignIn));
        endpoints
            .Map("/swagger/{**path}", context => ui.Value(context))
            .AllowAnonymous()
            .WithMetadata(SecurityPolicy)
            .ExcludeFromDescription();
        endpoints.MapFile("/swagger/gateway.js", "swagger.js", "text/javascript; charset=utf-8");
        endpoints.MapFile("/swagger/gateway.css", "swagger.css", "text/css; charset=utf-8");
    }

    private static RequestDelegate Create(IApplicationBuilder pages, bool hasSignIn)
    {
        var html = Read("swagger.html");
        const string Script = "<script src=\"gateway.js\"";
        var page = Encoding.UTF8.GetBytes(
            hasSignIn ? html.Replace(Script, "<script data-session src=\"gateway.js\"", StringComparison.Ordinal) : html);
        return pages
            .Use((context, next) =>
            {
                context.SetEndpoint(null); // or the end of this pipeline throws because the endpoint was not executed
                return next(context);
            })
            .Use(EvaluateAsync)
            .UseSwaggerUI(ui =>
            {
                ui.RoutePrefix = "swagger";
                ui.IndexStream = () => new MemoryStream(page);
            })
            .Build();
    }

    /// <summary>
    /// Evaluates preconditions. Swashbuckle compares <c>If-None-Match</c> as one string and does not support
    /// <c>If-Match</c>.
    /// </summary>
    private static async Task EvaluateAsync(HttpContext context, RequestDelegate next)
    {
        var (request, response) = (context.Request, context.Response);
        var ifNoneMatch = request.Headers.IfNoneMatch;
        if (request.Headers.IfMatch.Count + ifNoneMatch.Count == 0)
        {
            await next(context);
            return;
        }

        // The tag is known only from a response. So the first response is created only for its tag; its body, up to 1.4
        // MB, is discarded.
        var body = response.Body;
        try
        {
            (request.Headers.IfNoneMatch, response.Body) = (default, Stream.Null);
            await next(context);
        }
        finally
        {
            (request.Headers.IfNoneMatch, response.Body) = (ifNoneMatch, body);
        }

        if (response.Headers.ETag is not [{ } tag] || EntityTags.Evaluate(request.Headers, tag) == Precondition.Holds)
        {
            request.Headers.IfNoneMatch = default;
            await next(context);
            return;
        }

        (response.ContentLength, response.ContentType, response.Headers.ContentEncoding) = (null, null, default);
        await EntityTags.TryRespondAsync(context, tag);
    }

    private static void MapFile(this IEndpointRouteBuilder endpoints, string route, string resource, string type)
    {
        var content = new Lazy<string>(() => Read(resource));
        endpoints
            .MapGet(route, context =>
            {
                context.Response.ContentType = type;
                context.Response.Headers.CacheControl = "no-cache";
                return context.Response.WriteAsync(content.Value, context.RequestAborted);
            })
            .AllowAnonymous()
            .WithMetadata(SecurityPolicy)
            .ExcludeFromDescription();
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(SwaggerPage).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
