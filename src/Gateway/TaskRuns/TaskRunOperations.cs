using System.Text.Json;
using Microsoft.OpenApi;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static NclueGateway.Http.OpenApi.Describe;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Describes <see cref="TaskRunsEndpoint"/>. By hand, because the endpoint reads its parameters and writes its answer itself, so that nothing
/// about it can be derived.
/// </summary>
internal sealed class TaskRunOperations : IDocumentFilter
{
    private const string Tag = "Task runs";

    private const string ListDescription =
        "A page of the list, in NCLUE's own order, from the gateway's copy: `Age` says how old it is. Send the last `ETag` back in "
        + "`If-None-Match` and an unchanged page costs no body. To read on, follow the `next` link until there is none; a page may hold fewer "
        + "runs than asked for before that. A parameter that is unknown, repeated or not all digits is refused. A caller's `Cache-Control` "
        + "changes nothing.";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Tags ??= new HashSet<OpenApiTag>();
        swaggerDoc.Tags.Add(new() { Name = Tag, Description = "Inference runs of NCLUE tasks." });
        var page = context.SchemaGenerator.GenerateSchema(typeof(TaskRunContract.TaskRunPage), context.SchemaRepository);
        swaggerDoc.Paths[TaskRunsEndpoint.Path] = new OpenApiPathItem
        {
            Operations = new()
            {
                [HttpMethod.Get] = Operation(swaggerDoc, "listTaskRuns", "List task runs", ListDescription, page),
                [HttpMethod.Head] = Operation(swaggerDoc, "headTaskRuns", "The headers of a page", "What GET would answer, without the body.", null),
            },
        };
    }

    /// <param name="document">What references are resolved in.</param>
    /// <param name="id">The operation's id.</param>
    /// <param name="summary">The operation's summary.</param>
    /// <param name="description">The operation's description.</param>
    /// <param name="page">The schema of the answer; null for HEAD, whose answers have no body at all.</param>
    private static OpenApiOperation Operation(OpenApiDocument document, string id, string summary, string description, IOpenApiSchema? page)
    {
        var responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = "The page.",
                Headers = WithCoding(PageHeaders()),
                Content = page is null ? null : Json(page, [.. TaskRunContract.Examples.Select(example =>
                    (example.Name, example.Summary, JsonSerializer.SerializeToNode(example.Page, JsonSerializerOptions.Web)!))]),
            },
            ["304"] = new OpenApiResponse { Description = "The caller's copy is still what the list holds.", Headers = PageHeaders() },
        };
        ProblemSchema.AddTo(
            responses,
            document,
            [
                Problems.InvalidRequest, Problems.Unauthenticated, Problems.Forbidden, Problems.CsrfHeaderMissing, Problems.NotAcceptable,
                Problems.PreconditionFailed, Problems.CallerQuota, Problems.InternalError, Problems.UpstreamCredentials, Problems.UpstreamMalformed, Problems.UpstreamError,
                Problems.UpstreamBusy, Problems.UpstreamQuota, Problems.SessionStoreUnavailable, Problems.Draining,
                Problems.UpstreamTimeout,
            ],
            hasBody: page is not null,
            QuotaHeaders().ToDictionary(header => header.Key, IOpenApiHeader (header) => Optional(header.Value)));
        return new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Description = description,
            Tags = new HashSet<OpenApiTagReference> { new(Tag, document) },
            Parameters =
            [
                Number("index", "The row to start at, counted from 0.", 0, PageRequest.MaxIndex, 0),
                Number("limit", "How many rows.", 1, PageRequest.MaxLimit, PageRequest.DefaultLimit),
                new OpenApiParameter
                {
                    Name = "If-None-Match",
                    In = ParameterLocation.Header,
                    Description = "The `ETag` of the copy the caller has, or several (RFC 9110).",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                },
                new OpenApiParameter
                {
                    Name = "If-Match",
                    In = ParameterLocation.Header,
                    Description = "The `ETag` that the page must have, or several, or `*`; otherwise the response is 412 (RFC 9110).",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                },
                CsrfHeader(false, "Needed when the request counts by the session cookie."),
            ],
            Security = AnyOf(document, OpenApiDescription.BearerScheme, OpenApiDescription.SessionScheme),
            Responses = responses,
        };
    }

    private static Dictionary<string, IOpenApiHeader> PageHeaders()
    {
        var headers = new Dictionary<string, IOpenApiHeader>
        {
            ["ETag"] = Header(
                "A strong tag of the content: the same content has the same tag on every replica and after every refetch. A content coding is named "
                + "at its end (`-gzip`, `-br`); `If-None-Match` takes the tag of any.",
                "\"5f1c9a7e2b3d4f60a1b2c3d4e5f60718\""),
            ["Age"] = Header("Seconds since NCLUE was asked, rounded up.", 7, JsonSchemaType.Integer),
            ["Date"] = Header("When this was sent. `Date` minus `Age` is when the content was seen at NCLUE.", "Wed, 25 Nov 2026 09:00:00 GMT"),
            ["Cache-Control"] = Header("Browsers keep the answer and ask each time whether it is still good.", "private, no-cache"),
            ["Cache-Status"] = Header(
                "Where the answer came from (RFC 9211). A negative `ttl` says that the copy is older than it should be.", "nclue-gateway; hit; ttl=3"),
            ["Vary"] = Header("What else the answer depends on.", "Authorization, Cookie, Origin, Accept-Encoding"),
            ["Link"] = Header(
                "The `first`, `prev`, `next` and `last` page (RFC 8288), as far as there is one and it is known.",
                "</api/task-runs?index=0&limit=20>; rel=\"first\", </api/task-runs?index=20&limit=20>; rel=\"next\""),
        };
        foreach (var (name, header) in QuotaHeaders())
        {
            headers[name] = header;
        }

        return headers;
    }

    private static Dictionary<string, IOpenApiHeader> WithCoding(Dictionary<string, IOpenApiHeader> headers)
    {
        headers["Content-Encoding"] = Optional(Header("How the body is coded, where the caller accepts that (`gzip`, `br`) and it is worth it.", "br"));
        return headers;
    }

    private static Dictionary<string, OpenApiHeader> QuotaHeaders() => new()
    {
        ["RateLimit-Policy"] = Header("How many requests (`q`) one caller may send in so many seconds (`w`).", "\"caller\";q=100;w=2"),
        ["RateLimit"] = Header("How many are left (`r`), and after how many seconds all are there again (`t`).", "\"caller\";r=98;t=1"),
    };
}
