using System.Text;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Swagger UI at <c>/swagger</c>: Swashbuckle's copy of it in a page of our own, with a script and a stylesheet of our own, so that it works
/// under a policy without <c>unsafe-inline</c> and <c>unsafe-eval</c>.
/// </summary>
internal static class SwaggerPage
{
    // Icons are drawn from data addresses; nothing comes from elsewhere or goes elsewhere.
    private const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapUi(this IEndpointRouteBuilder endpoints, bool hasSignIn)
    {
        var html = Read("swagger.html");
        var page = Encoding.UTF8.GetBytes(
            hasSignIn ? html.Replace("<script src=\"gateway.js\"", "<script data-session src=\"gateway.js\"", StringComparison.Ordinal) : html);
        endpoints
            .MapSwaggerUI("swagger", ui => ui.IndexStream = () => new MemoryStream(page))
            .Add(endpoint => endpoint.RequestDelegate = WithSecurityPolicy(endpoint.RequestDelegate!));
        endpoints.MapFile("/swagger/gateway.js", "swagger.js", "text/javascript; charset=utf-8");
        endpoints.MapFile("/swagger/gateway.css", "swagger.css", "text/css; charset=utf-8");
    }

    private static void MapFile(this IEndpointRouteBuilder endpoints, string route, string resource, string type)
    {
        var content = Read(resource);
        endpoints
            .MapGet(route, WithSecurityPolicy(context =>
            {
                context.Response.ContentType = type;
                context.Response.Headers.CacheControl = "no-cache";
                return context.Response.WriteAsync(content, context.RequestAborted);
            }))
            .ExcludeFromDescription();
    }

    private static RequestDelegate WithSecurityPolicy(RequestDelegate next) => context =>
    {
        context.Response.Headers.ContentSecurityPolicy = SecurityPolicy;
        return next(context);
    };

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(SwaggerPage).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
