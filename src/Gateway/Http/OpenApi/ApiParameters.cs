using System.Globalization;
using Microsoft.OpenApi;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Descriptions of parameters that an endpoint reads from the request itself, so that its signature does not contain
/// them.
/// </summary>
internal static class ApiParameters
{
    /// <summary>Returns the description of a whole number in the query.</summary>
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
}
