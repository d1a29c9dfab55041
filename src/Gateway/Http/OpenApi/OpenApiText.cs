using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// The document as text. It is made when the first caller asks, and is the same until the process ends. Only <see cref="HttpOptions.PathBase"/>
/// changes what it says, and nothing but where the gateway lies.
/// </summary>
internal sealed class OpenApiText
{
    public const string Route = "/openapi/v1.json";

    // As the problem pages; afterwards the tag says whether it is still the same.
    private const string CacheControl = "public, max-age=3600";

    private readonly Lazy<Task<(byte[] Body, EntityTagHeaderValue Tag)>> _text;

    public OpenApiText(IServiceScopeFactory scopes, HttpOptions http) => _text = new(async () =>
    {
        await using var scope = scopes.CreateAsyncScope();
        var document = scope.ServiceProvider.GetRequiredService<ISwaggerProvider>().GetSwagger(OpenApiDescription.Version);
        if (http.PathBase.Length > 0)
        {
            document.Servers![0].Url = http.PathBase;
            document.Info.Description = document.Info.Description!.Replace("](/", $"]({http.PathBase}/", StringComparison.Ordinal);
        }

        var text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        var body = Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n") + "\n");
        return (body, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\""));
    });

    public static async Task AnswerAsync(HttpContext context)
    {
        var (body, tag) = await context.RequestServices.GetRequiredService<OpenApiText>()._text.Value;
        context.Response.Headers.CacheControl = CacheControl;
        await Results.Bytes(body, "application/json; charset=utf-8", entityTag: tag).ExecuteAsync(context);
    }
}
