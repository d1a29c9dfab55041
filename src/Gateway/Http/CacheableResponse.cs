namespace NclueGateway.Http;

/// <summary>Responses that are the same for all callers until the next release or change of settings.</summary>
internal static class CacheableResponse
{
    /// <summary>The value of <c>Cache-Control</c>: one hour.</summary>
    public const string CacheControl = "public, max-age=3600";

    /// <summary>Sends a response with a body. For HEAD the server sends its length only.</summary>
    public static async Task SendAsync(HttpContext context, string type, byte[] body)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = CacheControl;
        await response.Body.WriteAsync(body);
    }
}
