using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Adds to an operation the parts that the API explorer does not describe: parameters, security, headers and examples, from the endpoint's
/// metadata.
/// </summary>
internal sealed class EndpointDescriptionFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        operation.Summary = metadata.OfType<IEndpointSummaryMetadata>().LastOrDefault()?.Summary; // not the comment on the handler
        operation.Parameters = [.. metadata.OfType<OpenApiParameter>()];
        operation.Security =
        [
            .. metadata.OfType<ApiSecurity>().SelectMany(security => security.Schemes)
                .Select(scheme => new OpenApiSecurityRequirement { [new(scheme, context.Document)] = [] }),
        ];
        foreach (var tag in metadata.OfType<ApiTag>())
        {
            context.Document.Tags!.First(known => known.Name == tag.Name).Description = tag.Description;
        }

        foreach (var response in metadata.OfType<ApiResponse>())
        {
            Complete((OpenApiResponse)operation.Responses![$"{response.StatusCode}"], response, context);
        }

        if (!operation.Responses!.Keys.Any(status => status.StartsWith('2')))
        {
            // Linters require a response besides redirects.
            var problem = context.SchemaGenerator.GenerateSchema(typeof(ProblemResponse), context.SchemaRepository);
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = "Any other status has a problem as its body.",
                Content = new Dictionary<string, IOpenApiMediaType>
                {
                    ["application/problem+json"] = new OpenApiMediaType { Schema = problem },
                },
            };
        }
    }

    private static void Complete(OpenApiResponse described, ApiResponse response, OperationFilterContext context)
    {
        described.Description = response.Description;
        if (response.Headers.Count > 0)
        {
            described.Headers = response.Headers.ToDictionary(header => header.Name, Describe);
        }

        foreach (var (type, body) in described.Content ?? new Dictionary<string, IOpenApiMediaType>())
        {
            var media = (OpenApiMediaType)body;
            if (type == "text/html")
            {
                media.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
                continue;
            }

            if (type == ApiResponse.EventStream)
            {
                Describe(media, response.Events, context);
                continue;
            }

            media.Examples = response.Examples.ToDictionary(
                example => example.Name,
                IOpenApiExample (example) => new OpenApiExample { Summary = example.Summary, Value = ToJson(example.Value) });
        }
    }

    /// <summary>Describes a stream of events by the data of one event, because OpenAPI 3.1 has no description of streams.</summary>
    private static void Describe(OpenApiMediaType stream, IReadOnlyList<ApiEvent> events, OperationFilterContext context)
    {
        stream.Schema = new OpenApiSchema
        {
            Description = "The data of one event, as JSON.",
            OneOf =
            [
                .. events.Select(item => item.Data).Distinct()
                    .Select(data => context.SchemaGenerator.GenerateSchema(data, context.SchemaRepository)),
            ],
        };
        stream.Examples = events.ToDictionary(
            item => item.Name,
            IOpenApiExample (item) => new OpenApiExample { Summary = $"Data of the event {item.Name}", Value = ToJson(item.Example) });
    }

    private static IOpenApiHeader Describe(ApiHeader header)
    {
        var isNumber = header.Example.GetValueKind() == JsonValueKind.Number;
        return new OpenApiHeader
        {
            Description = header.Description,
            Required = header.IsRequired,
            Schema = new OpenApiSchema
            {
                Type = isNumber ? JsonSchemaType.Integer : JsonSchemaType.String,
                Examples = [header.Example],
                Minimum = isNumber ? "0" : null,
            },
        };
    }

    private static JsonNode ToJson(object example) => JsonSerializer.SerializeToNode(example, JsonSerializerOptions.Web)!;
}
