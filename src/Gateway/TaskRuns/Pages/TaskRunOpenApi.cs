using System.Reflection;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Normalizing;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Describes the parameters and responses of <see cref="TaskRunsEndpoint"/>, whose handler the API explorer cannot
/// inspect.
/// </summary>
internal static class TaskRunOpenApi
{
    public const string ListDescription =
        "This operation has two modes.\n\n"
        + "**Pages of NCLUE's own list**: with nothing but `index` and `limit`, it returns a page in NCLUE's order. To read the whole "
        + "list, follow the `next` link until there is none. A page before the end may contain fewer runs than `limit`.\n\n"
        + "**Queries**: with any other parameter, it searches the whole list: filters, then sorts, then takes a page. `total` is exact. "
        + "All pages that are reached by `next` and `prev` are of one version of the list, also while the list changes. While the gateway "
        + "still reads the list for the first time, the response is 503 `list-incomplete`, unless `partial=true` asks for what is "
        + "known.\n\n"
        + "Both are responses from the gateway's copy; `Age` is the age of the copy: no new run and no change of a status before is "
        + "missing; a deletion may be noticed later. Send the last `ETag` in `If-None-Match`: the response for an unchanged page is 304 "
        + "without a body, with the current `Link`. An unknown parameter, an empty value or a value that is not allowed is an error. "
        + "`Cache-Control` in a request has no effect.";

    public static readonly ApiTag Tag = new("Task runs", "Inference runs of NCLUE tasks.");
    public static readonly ApiSecurity Security = new(OpenApiDescription.BearerScheme, OpenApiDescription.SessionScheme);

    public static IEnumerable<OpenApiParameter> RequestHeaders =>
    [
        ApiParameters.Header("If-None-Match", "One or more `ETag`s of the caller's copies (RFC 9110)."),
        ApiParameters.Header(
            "If-Match", "One or more `ETag`s of which the response must have one, or `*`; otherwise it is 412 (RFC 9110)."),
        ApiParameters.Csrf(false, "Required when the session cookie authenticates the request."),
    ];

    /// <summary>The problems of all operations on task runs.</summary>
    public static readonly ProblemType[] Problems =
    [
        HttpProblems.InvalidRequest, AccessProblems.Unauthenticated, AccessProblems.Forbidden,
        AccessProblems.CsrfHeaderMissing, HttpProblems.NotAcceptable, HttpProblems.PreconditionFailed,
        AccessProblems.CallerQuota, HttpProblems.InternalError, SnapshotProblems.ListTooLarge, UpstreamProblems.UpstreamCredentials,
        UpstreamProblems.UpstreamMalformed, UpstreamProblems.UpstreamError, UpstreamProblems.UpstreamBusy,
        UpstreamProblems.UpstreamQuota, SnapshotProblems.ListIncomplete, AccessProblems.SessionStoreUnavailable, HttpProblems.Draining,
        UpstreamProblems.UpstreamTimeout,
    ];

    public static readonly ApiHeader[] RateLimitHeaders =
    [
        new(
            "RateLimit-Policy",
            "The number of requests (`q`) that one caller may send within a number of seconds (`w`).",
            "\"caller\";q=100;w=2"),
        new(
            "RateLimit",
            "The number of requests left (`r`), and the seconds until all of them are available again (`t`).",
            "\"caller\";r=98;t=1"),
    ];

    public static readonly ApiHeader[] PageHeaders =
    [
        new(
            "ETag",
            "The strong entity tag of the content: the same content has the same tag on every replica and after every refetch. "
            + "It ends with the content coding, if any (`-gzip`, `-br`); `If-None-Match` accepts the tag of any coding.",
            "\"5f1c9a7e2b3d4f60a1b2c3d4e5f60718\""),
        new("Age", "Seconds since the request to NCLUE, rounded up.", 7),
        new(
            "Date",
            "The time of the response. `Date` minus `Age` is the time at which the content was requested from NCLUE.",
            "Wed, 25 Nov 2026 09:00:00 GMT"),
        new("Cache-Control", "Browsers keep the response and revalidate it each time.", "private, no-cache"),
        new(
            "Cache-Status",
            "The cache's part in the response (RFC 9211). A negative `ttl` is the time in seconds since the copy ceased to be fresh.",
            "nclue-gateway; hit; ttl=3"),
        new("Vary", "The request headers on which the response depends.", "Authorization, Cookie, Origin, Accept-Encoding"),
        new(
            "Link",
            "Links to the `first`, `prev`, `next` and `last` page (RFC 8288), where the page exists and is known. Of a query, `prev` and "
            + "`next` are of the same version of the list, there is no `last`, and `monitor` (RFC 5989) leads to the changes after it.",
            "</api/task-runs?index=0&limit=20>; rel=\"first\", </api/task-runs?index=20&limit=20>; rel=\"next\""),
        .. RateLimitHeaders,
    ];

    public static readonly ApiHeader ContentEncoding = new(
        "Content-Encoding",
        "The content coding of the body (`gzip`, `br`): sent where the caller accepts it and the body is long enough.",
        "br",
        IsRequired: false);

    /// <summary>Describes an operation of the list.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="handler">
    /// The method of its handler. Without it the API explorer ignores a <see cref="RequestDelegate"/>.
    /// </param>
    /// <param name="hasBody">False for HEAD.</param>
    /// <param name="parameters">The parameters of queries.</param>
    public static void DescribeList(
        this IEndpointConventionBuilder endpoint,
        MethodInfo handler,
        bool hasBody,
        Func<IEnumerable<OpenApiParameter>> parameters) => endpoint.Describe(() =>
    [
        handler,
        Tag,
        Security,
        ApiParameters.Number("index", "The first row, counted from 0.", 0, PageRequest.MaxIndex, 0),
        ApiParameters.Number("limit", "The number of rows.", 1, PageRequest.MaxLimit, PageRequest.DefaultLimit),
        .. parameters(),
        .. RequestHeaders,
        new ApiResponse(StatusCodes.Status200OK, "The page.", hasBody ? typeof(TaskRunDtos.TaskRunPage) : null)
        {
            Headers = [.. PageHeaders, ContentEncoding],
            Examples = [.. TaskRunExamples.Pages.Select(example => new ApiExample(example.Name, example.Summary, example.Page))],
        },
        new ApiResponse(StatusCodes.Status304NotModified, "The caller's copy is still current.") { Headers = PageHeaders },
        .. ProblemResponse.For(
            [.. Problems, SnapshotProblems.CursorExpired],
            hasBody,
            authenticated: RateLimitHeaders,
            further: new Dictionary<int, ApiHeader>
            {
                [StatusCodes.Status410Gone] = new(
                    "Link", "The address at which the query begins anew.", "</api/task-runs?status=failed&limit=20>; rel=\"first\""),
            }),
    ]);
}
