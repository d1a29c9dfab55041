using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace NclueGateway.Http.OpenApi;

/// <summary>The pieces that operations are described with.</summary>
internal static class Describe
{
    /// <summary>A header that every answer of the kind has.</summary>
    public static OpenApiHeader Header(string description, JsonNode example, JsonSchemaType type = JsonSchemaType.String) => new()
    {
        Description = description,
        Required = true,
        Schema = new OpenApiSchema { Type = type, Examples = [example], Minimum = type == JsonSchemaType.Integer ? "0" : null },
    };

    /// <summary>The same header, on some answers of the kind.</summary>
    public static OpenApiHeader Optional(OpenApiHeader header)
    {
        header.Required = false;
        return header;
    }

    /// <summary>A whole number in the query.</summary>
    public static OpenApiParameter Number(string name, string description, int least, int most, int fallback) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Example = fallback,
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = least.ToString(CultureInfo.InvariantCulture),
            Maximum = most.ToString(CultureInfo.InvariantCulture),
            Default = fallback,
        },
    };

    /// <summary>The header that proves that a script of an allowed origin has sent a request with the session cookie.</summary>
    public static OpenApiParameter CsrfHeader(bool isRequired, string description) => new()
    {
        Name = "X-CSRF",
        In = ParameterLocation.Header,
        Required = isRequired,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["1"] },
    };

    /// <summary>Text in an object.</summary>
    public static OpenApiSchema Text(string description, string? format = null) =>
        new() { Type = JsonSchemaType.String, Format = format, Description = description };

    /// <summary>What an operation is protected with: any one of these will do.</summary>
    public static List<OpenApiSecurityRequirement> AnyOf(OpenApiDocument document, params string[] schemes) =>
        [.. schemes.Select(scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = [] })];

    /// <summary>A JSON body.</summary>
    public static Dictionary<string, IOpenApiMediaType> Json(IOpenApiSchema schema, params (string Name, string Summary, JsonNode Value)[] examples) => new()
    {
        ["application/json"] = new OpenApiMediaType
        {
            Schema = schema,
            Examples = examples.ToDictionary(
                example => example.Name,
                IOpenApiExample (example) => new OpenApiExample { Summary = example.Summary, Value = example.Value }),
        },
    };
}
