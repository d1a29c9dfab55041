using System.Reflection;
using System.Text.Json;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>Describes the parameters and responses of <see cref="TaskRunsEndpoint"/>, which reads and writes them itself.</summary>
internal static class TaskRunOpenApi
{
    public const string ListDescription =
        "A page of the list, in NCLUE's own order, from the gateway's copy: `Age` says how old it is. Send the last `ETag` back in "
        + "`If-None-Match` and an unchanged page costs no body. To read on, follow the `next` link until there is none; a page may hold fewer "
        + "runs than asked for before that. A parameter that is unknown, repeated or not all digits is refused. A caller's `Cache-Control` "
        + "changes nothing.";

    private static readonly ApiHeader[] RateLimitHeaders =
    [
        new("RateLimit-Policy", "How many requests (`q`) one caller may send in so many seconds (`w`).", "\"caller\";q=100;w=2"),
        new("RateLimit", "How many are left (`r`), and after how many seconds all are there again (`t`).", "\"caller\";r=98;t=1"),
    ];

    private static readonly ApiHeader[] PageHeaders =
    [
        new(
            "ETag",
            "A strong tag of the content: the same content has the same tag on every replica and after every refetch. A content coding is named "
            + "at its end (`-gzip`, `-br`); `If-None-Match` takes the tag of any.",
            "\"5f1c9a7e2b3d4f60a1b2c3d4e5f60718\""),
        new("Age", "Seconds since NCLUE was asked, rounded up.", 7),
        new("Date", "When this was sent. `Date` minus `Age` is when the content was seen at NCLUE.", "Wed, 25 Nov 2026 09:00:00 GMT"),
        new("Cache-Control", "Browsers keep the response and revalidate it each time.", "private, no-cache"),
        new(
            "Cache-Status",
            "Where the response came from (RFC 9211). A negative `ttl` says that the copy is older than it should be.",
            "nclue-gateway; hit; ttl=3"),
        new("Vary", "The request headers on which the response depends.", "Authorization, Cookie, Origin, Accept-Encoding"),
        new(
            "Link",
            "The `first`, `prev`, `next` and `last` page (RFC 8288), as far as there is one and it is known.",
            "</api/task-runs?index=0&limit=20>; rel=\"first\", </api/task-runs?index=20&limit=20>; rel=\"next\""),
        .. RateLimitHeaders,
    ];

    private static readonly ApiHeader ContentEncoding = new(
        "Content-Encoding", "The content coding of the body, where the caller accepts it (`gzip`, `br`) and it is worth it.", "br", IsRequired: false);

    /// <summary>Describes an operation of the list.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="handler">Its handler: without it the API explorer passes over a <see cref="RequestDelegate"/>.</param>
    /// <param name="hasBody">False for HEAD.</param>
    public static void DescribeList(this IEndpointConventionBuilder endpoint, MethodInfo handler, bool hasBody) => endpoint
        .WithMetadata(
            handler,
            new ApiTag("Task runs", "Inference runs of NCLUE tasks."),
            new ApiSecurity(OpenApiDescription.BearerScheme, OpenApiDescription.SessionScheme),
            ApiParameters.Number("index", "The row to start at, counted from 0.", 0, PageRequest.MaxIndex, 0),
            ApiParameters.Number("limit", "The number of rows.", 1, PageRequest.MaxLimit, PageRequest.DefaultLimit),
            ApiParameters.Header("If-None-Match", "The `ETag` of the copy the caller has, or several (RFC 9110)."),
            ApiParameters.Header(
                "If-Match", "The `ETag` that the page must have, or several, or `*`; otherwise the response is 412 (RFC 9110)."),
            ApiParameters.Csrf(false, "Required when the session cookie authenticates the request."),
            new ApiResponse(StatusCodes.Status200OK, "The page.", hasBody ? typeof(TaskRunDtos.TaskRunPage) : null)
            {
                Headers = [.. PageHeaders, ContentEncoding],
                Examples = [.. TaskRunExamples.Pages.Select(example => new ApiExample(
                    example.Name, example.Summary, JsonSerializer.SerializeToNode(example.Page, JsonSerializerOptions.Web)!))],
            },
            new ApiResponse(StatusCodes.Status304NotModified, "The caller's copy is still what the list holds.") { Headers = PageHeaders })
        .WithMetadata(ProblemResponse.For(
            [
                HttpProblems.InvalidRequest, AccessProblems.Unauthenticated, AccessProblems.Forbidden, AccessProblems.CsrfHeaderMissing, HttpProblems.NotAcceptable,
                HttpProblems.PreconditionFailed, AccessProblems.CallerQuota, HttpProblems.InternalError, UpstreamProblems.UpstreamCredentials,
                UpstreamProblems.UpstreamMalformed, UpstreamProblems.UpstreamError, UpstreamProblems.UpstreamBusy, UpstreamProblems.UpstreamQuota,
                AccessProblems.SessionStoreUnavailable, HttpProblems.Draining, UpstreamProblems.UpstreamTimeout,
            ],
            hasBody,
            authenticated: RateLimitHeaders));
}
