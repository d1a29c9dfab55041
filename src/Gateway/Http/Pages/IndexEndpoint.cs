using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http.Pages;

/// <summary>
/// The index at <c>/</c>: the name of the service and links to its other resources, as JSON for programs and as HTML for
/// browsers. A sign-in without a return URL leads here.
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

    // The version of the API, which callers need, not of the release: the page is public, and a release number would help
    // attackers choose known vulnerabilities. Operators know what they have deployed.
    private const string ApiVersion = "v1";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps the index.</summary>
    /// <param name="endpoints">The routes of the gateway.</param>
    /// <param name="taskRuns">The path of the list.</param>
    /// <param name="login">The path at which a browser signs in; null if browser sign-in is off.</param>
    /// <param name="hasUi">True if Swagger UI is served.</param>
    public static void MapIndex(this IEndpointRouteBuilder endpoints, string taskRuns, string? login, bool hasUi)
    {
        Place?[] places =
        [
            new("taskRuns", taskRuns, "Task runs", "The list as JSON, for authenticated callers."),
            new("taskRun", taskRuns + "/{id}", "A task run", "One run by its id."),
            new("taskRunSummary", taskRuns + "/summary", "Counts", "The numbers of runs by status, task, feature, model and failure."),
            new("taskRunChanges", taskRuns + "/changes", "Changes", "New, changed and deleted runs, as JSON or as an event stream."),
            new("status", "/api/status", "Status", "The state of NCLUE, of the copy of the list, and of this gateway."),
            login is null
                ? null
                : new("login", login, "Sign in", "Sign in with the company account in this browser and return to this page."),
            hasUi
                ? new(
                    "swagger",
                    "/swagger",
                    "Swagger UI",
                    login is null ? TryIt : TryIt + " It shows the signed-in user and offers to sign out.")
                : null,
            new("openapi", "/openapi/v1.json", "API description", "OpenAPI 3.1, for programs."),
            new("problems", ProblemPages.IndexRoute, "Problems", "The meaning of each error, and the steps to resolve it."),
            new("health", "/health/ready", "Health", "The readiness of the gateway to serve requests."),
        ];
        IReadOnlyList<Place> all = [.. places.OfType<Place>()];
        endpoints.MapMethods(Route, Methods, context => RespondAsync(context, all)).AllowAnonymous().ExcludeFromDescription();
    }

    private static Task RespondAsync(HttpContext context, IReadOnlyList<Place> places)
    {
        var headers = context.Request.Headers;
        var (json, html) = (ContentNegotiation.QualityOf(headers, Json), ContentNegotiation.QualityOf(headers, Html));
        context.Response.Headers.Vary = HeaderNames.Accept; // also with a 406
        if (json == 0 && html == 0)
        {
            return new ProblemResult(HttpProblems.NotAcceptable) { Detail = $"This resource is available as {Json} or {Html}." }
                .ExecuteAsync(context);
        }

        // Programs rarely state a preference; browsers always do. With equal preferences the response is JSON.
        return html > json
            ? HtmlPage.RespondCacheableAsync(context, Page(places, HtmlPage.PathBase(context)))
            : HtmlPage.RespondCacheableAsync(context, Json, Document(places, context.Request.PathBase.ToUriComponent()));
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

    private static string Page(IReadOnlyList<Place> places, string pathBase) => HtmlPage.Document("Overview", $"""
        <h1>{Name}</h1>
        <p>{HtmlPage.Text(Description)} This is version {ApiVersion} of its API.</p>
        {HtmlPage.List(places.Select(place =>
            $"{Link(place, pathBase)}: {HtmlPage.Text(place.Purpose)}"))}
        """);

    private static string Link(Place place, string pathBase) => place.IsTemplate
        ? $"{HtmlPage.Text(place.Title)} (<code>{pathBase}{HtmlPage.Text(place.Path)}</code>)"
        : $"<a href=\"{pathBase}{place.Path}\">{HtmlPage.Text(place.Title)}</a>";

    /// <param name="Key">The name of the link in the JSON; part of the contract.</param>
    /// <param name="Path">The path without the path base.</param>
    /// <param name="Title">The text of the link in the page.</param>
    /// <param name="Purpose">The description of the resource.</param>
    private sealed record Place(string Key, string Path, string Title, string Purpose)
    {
        /// <summary>True if the path is a URI template (RFC 6570).</summary>
        public bool IsTemplate => Path.Contains('{', StringComparison.Ordinal);
    }
}
