using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Describes the endpoint named <see cref="EndpointName"/> and its HEAD. By hand, because the endpoint reads its parameters and writes its
/// answer itself, so that nothing about it can be derived.
/// </summary>
internal sealed class ListTaskRunsOperation(PageDescription page, EndpointDataSource endpoints) : IDocumentFilter
{
    /// <summary>The endpoint's name and the id of its GET.</summary>
    public const string EndpointName = "listTaskRuns";

    private const string Json = "application/json";
    private const string Tag = "Task runs";

    private const string HeadDescription = "What GET would answer, without the body.";

    private const string ListDescription =
        "A page of the list, in NCLUE's own order, from the gateway's copy: `Age` says how old it is. Send the last `ETag` back in "
        + "`If-None-Match` and an unchanged page costs no body. To read on, follow the `next` link until there is none.";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        var endpoint = endpoints.Endpoints.OfType<RouteEndpoint>()
            .FirstOrDefault(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == EndpointName);
        if (endpoint is null)
        {
            return;
        }

        ProblemSchema.AddTo(context.SchemaRepository);
        var schema = context.SchemaGenerator.GenerateSchema(page.Type, context.SchemaRepository);
        swaggerDoc.Tags = new HashSet<OpenApiTag> { new() { Name = Tag, Description = "Inference runs of NCLUE tasks." } };
        swaggerDoc.Paths["/" + endpoint.RoutePattern.RawText!.TrimStart('/')] = new OpenApiPathItem
        {
            Operations = new()
            {
                [HttpMethod.Get] = Operation(swaggerDoc, EndpointName, "List task runs", ListDescription, schema),
                [HttpMethod.Head] = Operation(swaggerDoc, "headTaskRuns", "The headers of a page", HeadDescription, null),
            },
        };
    }

    /// <param name="document">What references are resolved in.</param>
    /// <param name="id">The operation's id.</param>
    /// <param name="summary">The operation's summary.</param>
    /// <param name="description">The operation's description.</param>
    /// <param name="body">The schema of the answer; null for HEAD, whose answers have no body at all.</param>
    private OpenApiOperation Operation(
        OpenApiDocument document, string id, string summary, string description, IOpenApiSchema? body) => new()
        {
            OperationId = id,
            Summary = summary,
            Description = description,
            Tags = new HashSet<OpenApiTagReference> { new(Tag, document) },
            Parameters =
        [
            Parameter("index", "The row to start at, counted from 0.", 0, 10_000_000, 0),
            Parameter("limit", "How many rows.", 1, 100, 20),
            new OpenApiParameter
            {
                Name = "If-None-Match",
                In = ParameterLocation.Header,
                Description = "The `ETag` of the copy the caller has, or several.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        ],
            Security = [new() { [new OpenApiSecuritySchemeReference(OpenApiDescription.SecurityScheme, document)] = [] }],
            Responses = Responses(document, body),
        };

    private static OpenApiParameter Parameter(string name, string description, int least, int most, int fallback) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = least.ToString(CultureInfo.InvariantCulture),
            Maximum = most.ToString(CultureInfo.InvariantCulture),
            Default = fallback,
        },
    };

    private OpenApiResponses Responses(OpenApiDocument document, IOpenApiSchema? body)
    {
        var responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = "The page.",
                Headers = PageHeaders(),
                Content = body is null ? null : new Dictionary<string, IOpenApiMediaType>
                {
                    [Json] = new OpenApiMediaType
                    {
                        Schema = body,
                        Examples = page.Examples.ToDictionary(
                            example => example.Name,
                            IOpenApiExample (example) => new OpenApiExample
                            {
                                Summary = example.Summary,
                                Value = example.Value.DeepClone(),
                            }),
                    },
                },
            },
            ["304"] = new OpenApiResponse { Description = "The caller's copy is still what the list holds.", Headers = PageHeaders() },
        };

        // Every problem but those of a wrong address.
        var problems = Problems.All.Where(problem => problem.Status is not (404 or 405)).GroupBy(problem => problem.Status);
        foreach (var group in problems)
        {
            responses[group.Key.ToString(CultureInfo.InvariantCulture)] = ProblemSchema.Response(document, [.. group], body is not null);
        }

        return responses;
    }

    private static Dictionary<string, IOpenApiHeader> PageHeaders() => new()
    {
        ["ETag"] = Header(
            "A strong tag of the content: the same content has the same tag on every replica and after every refetch.",
            "\"5f1c9a7e2b3d4f60a1b2c3d4e5f60718\""),
        ["Age"] = Header("Seconds since NCLUE was asked, rounded up.", 7, JsonSchemaType.Integer),
        ["Cache-Control"] = Header("Browsers keep the answer and ask each time whether it is still good.", "private, no-cache"),
        ["Cache-Status"] = Header("Where the answer came from (RFC 9211).", "nclue-gateway; hit; ttl=3"),
        ["Vary"] = Header("What else the answer depends on.", "Authorization, Cookie, Origin, Accept-Encoding"),
        ["Link"] = Header(
            "The `first`, `prev`, `next` and `last` page (RFC 8288), as far as there is one and it is known.",
            "</api/task-runs?index=20&limit=20>; rel=\"next\""),
        ["RateLimit-Policy"] = Header("How many requests (`q`) one caller may send in so many seconds (`w`).", "\"caller\";q=100;w=2"),
        ["RateLimit"] = Header("How many are left (`r`), and after how many seconds all are there again (`t`).", "\"caller\";r=98;t=1"),
    };

    internal static OpenApiHeader Header(string description, JsonNode example, JsonSchemaType type = JsonSchemaType.String) => new()
    {
        Description = description,
        Schema = new OpenApiSchema { Type = type, Examples = [example] },
    };
}
