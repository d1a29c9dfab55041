using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static NclueGateway.Http.OpenApi.Describe;

namespace NclueGateway.Http.OpenApi;

/// <summary>Describes <see cref="ProblemAnswer"/>.</summary>
internal sealed class ProblemSchema : IDocumentFilter
{
    private const string Id = "Problem";
    private const string MediaType = "application/problem+json";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) => context.SchemaRepository.AddDefinition(Id, new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Description = "What went wrong (RFC 9457).",
        Required = new SortedSet<string> { "type", "title", "status", "traceId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text(
                "The kind of problem: the address of a page of this gateway that explains it. Decide by its last segment.", "uri-reference"),
            ["title"] = Text("What kind of problem it is, in words. The same every time."),
            ["status"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = "int32",
                Minimum = "400",
                Maximum = "599",
                Description = "The HTTP status.",
            },
            ["detail"] = Text("What is particular about this occurrence."),
            ["traceId"] = Text("What an operator finds the request by."),
            ["login"] = Text("With unauthenticated, where browser sign-in is on: the path that a person signs in at.", "uri-reference"),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With invalid-request: what is wrong, by parameter.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    });

    /// <summary>Adds one response for each status that the problems have.</summary>
    /// <param name="responses">What it is added to.</param>
    /// <param name="document">What references are resolved in.</param>
    /// <param name="problems">Everything the operation may be refused with.</param>
    /// <param name="hasBody">False for HEAD, whose answers have no body at all.</param>
    /// <param name="headers">Of answers that have come as far as the caller's quota; null where there is none.</param>
    public static void AddTo(
        OpenApiResponses responses, OpenApiDocument document, IReadOnlyList<Problem> problems, bool hasBody = true,
        IReadOnlyDictionary<string, IOpenApiHeader>? headers = null)
    {
        foreach (var group in problems.GroupBy(problem => problem.Status))
        {
            responses[group.Key.ToString(CultureInfo.InvariantCulture)] = Response(document, [.. group], hasBody, headers);
        }
    }

    /// <summary>What a status means that is not described.</summary>
    public static OpenApiResponse Other(OpenApiDocument document) => new()
    {
        Description = "Any other status is a problem too.",
        Content = new Dictionary<string, IOpenApiMediaType> { [MediaType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(Id, document) } },
    };

    private static OpenApiResponse Response(
        OpenApiDocument document, IReadOnlyList<Problem> problems, bool hasBody, IReadOnlyDictionary<string, IOpenApiHeader>? quota)
    {
        var status = problems[0].Status;
        var headers = new Dictionary<string, IOpenApiHeader> { ["Cache-Control"] = Header("A problem is not kept.", "no-store") };
        if (quota is not null && status != StatusCodes.Status401Unauthorized)
        {
            foreach (var (name, header) in quota)
            {
                headers[name] = header;
            }
        }

        switch (status)
        {
            case 401:
                headers["WWW-Authenticate"] = Header(
                    "Why the token is not accepted (RFC 6750); only `Bearer` when none came.",
                    "Bearer error=\"invalid_token\", error_description=\"The token has expired\"");
                break;
            case 403:
                headers["WWW-Authenticate"] = Optional(Header(
                    "With a token: the scope that is missing (RFC 6750).", "Bearer error=\"insufficient_scope\", scope=\"task-runs:read\""));
                break;
            case 429 or 503:
                headers["Retry-After"] = Header("In how many seconds to ask again.", 2, JsonSchemaType.Integer);
                break;
        }

        return new OpenApiResponse
        {
            Description = string.Join(' ', problems.Select(problem => $"[{problem.Slug}]({problem.Path}): {problem.Title}.")),
            Headers = headers,
            Content = !hasBody ? null : new Dictionary<string, IOpenApiMediaType>
            {
                [MediaType] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchemaReference(Id, document),
                    Examples = problems.ToDictionary(problem => problem.Slug, Example),
                },
            },
        };
    }

    private static IOpenApiExample Example(Problem problem)
    {
        var body = new JsonObject
        {
            ["type"] = problem.Path,
            ["title"] = problem.Title,
            ["status"] = problem.Status,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (problem == Problems.InvalidRequest)
        {
            body["errors"] = new JsonObject { ["limit"] = new JsonArray("It must be a whole number from 1 to 100, in digits only.") };
        }

        return new OpenApiExample { Summary = problem.Title, Value = body };
    }
}
