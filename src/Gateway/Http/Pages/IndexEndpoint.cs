using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http.Pages;

/// <summary>
/// <c>/</c>: what this is and where everything else lies, as JSON for programs and as HTML for browsers. People see it after a sign-in that was
/// begun without a place to return to.
/// </summary>
internal static class IndexEndpoint
{
    public const string Route = "/";

    private const string Json = "application/json";
    private const string Html = "text/html";

    private const string Name = "NclueGateway";

    private const string Description =
        "Reads the task runs of NAVER Cloud NCLUE for many callers with one key, at no more than one request per second.";

    private const string TryIt = "Try the API in a browser.";

    // The API's version, which callers need, and not the release's: anybody can ask, and a release only tells which of its faults to try.
    // Whoever runs the gateway knows what was deployed.
    private const string ApiVersion = "v1";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <param name="endpoints">Where it is mapped.</param>
    /// <param name="taskRuns">The path of the list.</param>
    /// <param name="login">The path at which a browser signs in; null where it cannot.</param>
    /// <param name="hasUi">True if Swagger UI is served.</param>
    public static void MapDiscovery(this IEndpointRouteBuilder endpoints, string taskRuns, string? login, bool hasUi)
    {
        Place?[] places =
        [
            new("taskRuns", taskRuns, "Task runs", "The list, as JSON; for programs that have signed in."),
            login is null ? null : new("login", login, "Sign in", "With the company's account, in this browser; leads back to this page."),
            hasUi ? new("swagger", "/swagger", "Swagger UI", login is null ? TryIt : TryIt + " It says who is signed in, and signs out.") : null,
            new("openapi", "/openapi/v1.json", "API description", "OpenAPI 3.1, for programs."),
            new("problems", ProblemPages.IndexRoute, "Problems", "What each error means and what to do about it."),
            new("health", "/health/ready", "Health", "Whether the gateway serves requests."),
        ];
        IReadOnlyList<Place> all = [.. places.OfType<Place>()];
        endpoints.MapMethods(Route, Methods, context => RespondAsync(context, all)).AllowAnonymous().ExcludeFromDescription();
    }

    private static Task RespondAsync(HttpContext context, IReadOnlyList<Place> places)
    {
        var accept = new AcceptHeader(context.Request.Headers);
        var (json, html) = (accept.QualityOf(Json), accept.QualityOf(Html));
        context.Response.Headers.Vary = HeaderNames.Accept; // of the refusal too
        if (json == 0 && html == 0)
        {
            return new ProblemResult(HttpProblems.NotAcceptable) { Detail = $"This resource is {Json} or {Html}." }.ExecuteAsync(context);
        }

        // Programs seldom say what they like, and browsers always do.
        return html > json
            ? HtmlPage.RespondAsync(context, Page(places, HtmlPage.PathBase(context)))
            : HtmlPage.RespondAsync(context, Json, Document(places, context.Request.PathBase.ToUriComponent()));
    }

    private static byte[] Document(IReadOnlyList<Place> places, string pathBase) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Name,
            Description,
            ApiVersion,
            Links = places.ToDictionary(place => place.Key, place => pathBase + place.Path),
        },
        JsonSerializerOptions.Web);

    private static string Page(IReadOnlyList<Place> places, string pathBase)
    {
        var rows = new StringBuilder();
        foreach (var place in places)
        {
            rows.Append(CultureInfo.InvariantCulture, $"""
                <li><a href="{pathBase}{place.Path}">{HtmlPage.Text(place.Title)}</a>: {HtmlPage.Text(place.Purpose)}</li>

                """);
        }

        return HtmlPage.Document("What this is", $"""
            <h1>{Name}</h1>
            <p>{HtmlPage.Text(Description)} This is version {ApiVersion} of its API.</p>
            <ul>
            {rows}</ul>
            """);
    }

    /// <param name="Key">The name of the link in the JSON; part of the contract.</param>
    /// <param name="Path">Without the path base.</param>
    /// <param name="Title">What the link in the page says.</param>
    /// <param name="Purpose">What is to be found there.</param>
    private sealed record Place(string Key, string Path, string Title, string Purpose);
}
