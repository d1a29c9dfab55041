using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// The serialized document. It is created at the first request and does not change until the process ends. The only
/// setting that changes it is <see cref="HttpOptions.PathBase"/>, which is part of the addresses in it.
/// </summary>
internal sealed class OpenApiDocumentCache
{
    public const string Route = "/openapi/v1.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is not embedded in HTML
    };

    private readonly Lazy<Task<(byte[] Body, string Tag)>> _text;

    public OpenApiDocumentCache(IServiceProvider app, HttpOptions http) => _text = new(async () =>
    {
        await using var services = OpenApiDescription.CreateServices(app);
        await using var scope = services.CreateAsyncScope();
        var document = scope.ServiceProvider.GetRequiredService<ISwaggerProvider>().GetSwagger(OpenApiDescription.Version);
        if (http.PathBase.Length > 0)
        {
            document.Servers![0].Url = http.PathBase;
            document.Info.Description = document.Info.Description!.Replace("](/", $"]({http.PathBase}/", StringComparison.Ordinal);
        }

        var json = JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))!;
        PutNullLast(json);
        byte[] body = [.. JsonSerializer.SerializeToUtf8Bytes(json, Indented), (byte)'\n'];
        return (body, $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\"");
    });

    public static async Task HandleAsync(HttpContext context)
    {
        var (body, tag) = await context.RequestServices.GetRequiredService<OpenApiDocumentCache>()._text.Value;
        (context.Response.Headers.ETag, context.Response.Headers.CacheControl) = (tag, CacheableResponse.CacheControl);
        if (!await EntityTags.TryRespondAsync(context, tag))
        {
            await CacheableResponse.SendAsync(context, "application/json; charset=utf-8", body);
        }
    }

    /// <summary>
    /// Moves <c>null</c> to the end of the types of a nullable value: <c>["string", "null"]</c>. The order has no meaning
    /// (JSON Schema 2020-12 §6.1.1), but the library writes <c>null</c> first, and client generators treat the first type
    /// as the only one.
    /// </summary>
    private static void PutNullLast(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                if (members["type"] is JsonArray types)
                {
                    var ordered = types.Select(type => (string)type!).OrderBy(type => type == "null");
                    members["type"] = new JsonArray([.. ordered.Select(type => JsonValue.Create(type))]);
                }

                foreach (var (_, value) in members)
                {
                    PutNullLast(value);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    PutNullLast(item);
                }

                break;
        }
    }
}
