using System.Reflection;
using System.Text.Json;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// Marks properties of nullable object types as nullable. The generator marks only strings and numbers.
/// </summary>
internal sealed class NullableSchemaFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { Count: > 0 } properties } described)
        {
            return;
        }

        described.AdditionalPropertiesAllowed = true; // so that a property added by a later version does not break generated clients
        var nullability = new NullabilityInfoContext();
        foreach (var property in context.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (properties.TryGetValue(name, out var value)
                && value is OpenApiSchemaReference reference
                && nullability.Create(property).ReadState == NullabilityState.Nullable)
            {
                properties[name] = new OpenApiSchema
                {
                    Description = reference.Description,
                    OneOf =
                    [
                        new OpenApiSchemaReference(reference.Reference.Id!, reference.Reference.HostDocument),
                        new OpenApiSchema { Type = JsonSchemaType.Null },
                    ],
                };
            }
        }
    }
}
