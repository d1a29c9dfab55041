using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static NclueGateway.Http.OpenApi.ListTaskRunsOperation;

namespace NclueGateway.Http.OpenApi;

/// <summary>Describes <see cref="ProblemAnswer"/>.</summary>
internal static class ProblemSchema
{
    private const string Id = "Problem";
    private const string MediaType = "application/problem+json";

    public static void AddTo(SchemaRepository schemas) => schemas.AddDefinition(Id, new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Description = "What went wrong (RFC 9457).",
        Required = new SortedSet<string> { "type", "title", "status", "traceId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("The kind of problem: the address of a page of this gateway that explains it.", "uri-reference"),
            ["title"] = Text("What kind of problem it is, in words."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." },
            ["detail"] = Text("What is particular about this occurrence."),
            ["traceId"] = Text("What an operator finds the request by."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With invalid-request: what is wrong, by parameter.",
                AdditionalProperties = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = new OpenApiSchema { Type = JsonSchemaType.String },
                },
            },
        },
    });

    /// <summary>A response with any of the problems, which share one status.</summary>
    public static OpenApiResponse Response(OpenApiDocument document, IReadOnlyList<Problem> problems, bool hasBody)
    {
        var status = problems[0].Status;
        return new OpenApiResponse
        {
            Description = string.Join(' ', problems.Select(problem => $"[{problem.Slug}]({problem.Path}): {problem.Title}.")),
            Headers = status switch
            {
                401 => Headers("WWW-Authenticate", Header(
                    "Why the token is not accepted (RFC 6750); only `Bearer` when none came.",
                    "Bearer error=\"invalid_token\", error_description=\"The token has expired\"")),
                403 => Headers("WWW-Authenticate", Header(
                    "The scope that is missing (RFC 6750).",
                    "Bearer error=\"insufficient_scope\", scope=\"task-runs:read\"")),
                429 or 503 => Headers("Retry-After", Header("In how many seconds to ask again.", 2, JsonSchemaType.Integer)),
                _ => null,
            },
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

    private static Dictionary<string, IOpenApiHeader> Headers(string name, OpenApiHeader header) => new() { [name] = header };

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

    private static OpenApiSchema Text(string description, string? format = null) =>
        new() { Type = JsonSchemaType.String, Format = format, Description = description };
}
