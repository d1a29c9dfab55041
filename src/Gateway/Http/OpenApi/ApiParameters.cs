using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Descriptions of parameters that an endpoint reads from the request itself, so that its signature does not contain
/// them.
/// </summary>
internal static class ApiParameters
{
    /// <summary>Returns the description of a whole number in the query.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">The meaning.</param>
    /// <param name="least">Minimum value.</param>
    /// <param name="most">Maximum value.</param>
    /// <param name="fallback">The default, which Swagger UI sends in each request; null for none.</param>
    public static OpenApiParameter Number(string name, string description, int least, int most, int? fallback = null) => new()
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

    /// <summary>Returns the description of a parameter that may be repeated, for several values.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">The meaning.</param>
    /// <param name="values">The allowed values; empty for any text.</param>
    /// <param name="most">Maximum number of values; null for any number.</param>
    public static OpenApiParameter Repeatable(string name, string description, IEnumerable<string> values, int? most = null)
    {
        var parameter = Query(name, description, new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            MaxItems = most,
            Items = Text(values),
        });
        (parameter.Style, parameter.Explode) = (ParameterStyle.Form, true);
        return parameter;
    }

    /// <summary>Returns the description of a parameter with one of several values.</summary>
    public static OpenApiParameter Choice(string name, string description, IEnumerable<string> values) =>
        Query(name, description, Text(values));

    /// <summary>Returns the description of a text.</summary>
    public static OpenApiParameter Text(string name, string description, int? maxLength = null) =>
        Query(name, description, new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = maxLength });

    /// <summary>Returns the description of a time with its offset, or a date.</summary>
    public static OpenApiParameter Time(string name, string description) => Query(name, description, new OpenApiSchema
    {
        AnyOf =
        [
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" },
        ],
    });

    /// <summary>Returns the description of a part of the path.</summary>
    public static OpenApiParameter Path(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1 },
    };

    /// <summary>Returns the description of a request header.</summary>
    public static OpenApiParameter Header(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    /// <summary>
    /// Returns the description of the header X-CSRF, which proves that a script of an allowed origin sent a request with
    /// the session cookie.
    /// </summary>
    public static OpenApiParameter Csrf(bool isRequired, string description)
    {
        var header = Header("X-CSRF", description);
        (header.Required, ((OpenApiSchema)header.Schema!).Enum) = (isRequired, ["1"]);
        return header;
    }

    private static OpenApiParameter Query(string name, string description, OpenApiSchema schema) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = schema,
    };

    private static OpenApiSchema Text(IEnumerable<string> values) => new()
    {
        Type = JsonSchemaType.String,
        MinLength = values.Any() ? null : 1,
        Enum = [.. values.Select(value => JsonValue.Create(value))],
    };
}
