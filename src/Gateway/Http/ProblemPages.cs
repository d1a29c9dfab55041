using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace NclueGateway.Http;

/// <summary>
/// The pages behind the <c>type</c> of every problem: one per problem and an index. Plain HTML without script, style or picture, so that
/// the strictest content security policy fits.
/// </summary>
internal static class ProblemPages
{
    /// <summary>The routes, for the list of open ones.</summary>
    public const string IndexRoute = "/problems";

    /// <inheritdoc cref="IndexRoute"/>
    public const string PageRoute = "/problems/{slug}";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static IEndpointRouteBuilder MapProblemPages(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods(IndexRoute, Methods, context => RespondAsync(context, Index(PathBase(context)))).ExcludeFromDescription();
        endpoints.MapMethods(PageRoute, Methods, context => Problems.Find((string)context.Request.RouteValues["slug"]!) is { } problem
            ? RespondAsync(context, Page(problem, PathBase(context)))
            : new ProblemAnswer(Problems.NotFound).ExecuteAsync(context)).ExcludeFromDescription();
        return endpoints;
    }

    private static string PathBase(HttpContext context) => HtmlEncoder.Default.Encode(context.Request.PathBase.ToUriComponent());

    private static async Task RespondAsync(HttpContext context, string html)
    {
        var body = Encoding.UTF8.GetBytes(html);
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "public, max-age=3600";
        await response.Body.WriteAsync(body);
    }

    private static string Index(string pathBase)
    {
        var rows = new StringBuilder();
        foreach (var problem in Problems.All)
        {
            rows.Append(CultureInfo.InvariantCulture, $"""
                <li>{problem.Status} <a href="{pathBase}{problem.Path}">{problem.Slug}</a>: {Text(problem.Title)}</li>

                """);
        }

        return Document("Problems", $"""
            <h1>Problems</h1>
            <p>Everything NclueGateway refuses or cannot do is answered with one of these, as application/problem+json (RFC 9457).</p>
            <ul>
            {rows}</ul>
            """);
    }

    private static string Page(Problem problem, string pathBase) => Document(problem.Title, $"""
        <h1>{Text(problem.Title)}</h1>
        <p>Problem <code>{problem.Slug}</code>, answered with status {problem.Status}.</p>
        <h2>What happened</h2>
        <p>{Text(problem.Explanation)}</p>
        <h2>What a caller should do</h2>
        <p>{Text(problem.CallerAdvice)}</p>
        <h2>What an operator should do</h2>
        <p>{Text(problem.OperatorAdvice)}</p>
        <p><a href="{pathBase}{IndexRoute}">All problems</a></p>
        """);

    private static string Document(string title, string main) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{Text(title)} – NclueGateway</title>
        </head>
        <body>
        <main>
        {main}
        </main>
        </body>
        </html>

        """;

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
