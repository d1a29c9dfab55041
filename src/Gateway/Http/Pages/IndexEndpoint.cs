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

    // The version of the API, which callers need, not of the release: the page is public, and a release number would help
    // attackers choose known vulnerabilities. Operators know what they have deployed.
    private const string ApiVersion = "v1";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps the index.</summary>
    /// <param name="endpoints">The routes of the gateway.</param>
    /// <param name="taskRuns">The path of the list.</param>
    /// <param name="console">The path of the pages of runs; null if they are off.</param>
    /// <param name="login">The path at which a browser signs in; null if browser sign-in is off.</param>
    /// <param name="hasUi">True if Swagger UI is served.</param>
    public static void MapIndex(this IEndpointRouteBuilder endpoints, string taskRuns, string? console, string? login, bool hasUi)
    {
        IndexPlace?[] places =
        [
            console is null ? null : new("console", console),
            new("taskRuns", taskRuns),
            new("taskRun", taskRuns + "/{id}"),
            new("taskRunSummary", taskRuns + "/summary"),
            new("taskRunChanges", taskRuns + "/changes"),
            new("status", "/api/status"),
            login is null ? null : new("login", login),
            hasUi ? new("swagger", "/swagger", login is null ? "swagger" : "swagger.session") : null,
            new("openapi", "/openapi/v1.json"),
            new("problems", ProblemPages.IndexRoute),
            new("health", "/health/ready"),
        ];
        IReadOnlyList<IndexPlace> all = [.. places.OfType<IndexPlace>()];
        endpoints.MapMethods(Route, Methods, context => RespondAsync(context, all)).AllowAnonymous().IsPage();
    }

    private static Task RespondAsync(HttpContext context, IReadOnlyList<IndexPlace> places)
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
            ? PageResult.Cacheable<IndexPage>(context, new { Places = places, ApiVersion }).ExecuteAsync(context)
            : CacheableResponse.SendAsync(context, Json, Document(places, context.Request.PathBase.ToUriComponent()));
    }

    private static byte[] Document(IReadOnlyList<IndexPlace> places, string pathBase) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Name,
            Description,
            ApiVersion,
            Links = places.ToDictionary(place => place.Key, place => pathBase + place.Path),
        },
        JsonSerializerOptions.Web);
}

/// <summary>A resource that the index links to.</summary>
/// <param name="Key">The name of the link in the JSON; part of the contract.</param>
/// <param name="Path">The path without the path base.</param>
/// <param name="TextKey">The name of its description in the texts of pages; null for that of the link.</param>
public sealed record IndexPlace(string Key, string Path, string? TextKey = null)
{
    /// <summary>True if the path is a URI template (RFC 6570).</summary>
    public bool IsTemplate => Path.Contains('{', StringComparison.Ordinal);
}
