using System.Buffers.Text;
using System.Security.Cryptography;

namespace NclueGateway.Http.Pages;

/// <summary>
/// A stylesheet or script of the pages. Its address contains a hash of its content, so that browsers keep it without asking, and get the
/// next release's at once.
/// </summary>
internal sealed class PageAsset
{
    /// <summary>The stylesheet of all pages.</summary>
    public static readonly PageAsset Stylesheet = new("page.css", "text/css; charset=utf-8");

    /// <summary>The script of the console.</summary>
    public static readonly PageAsset Script = new("console.js", "text/javascript; charset=utf-8");

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    private readonly string _type;
    private readonly Lazy<(byte[] Content, string Hash)> _file;

    /// <param name="name">Name of the embedded file, and last segment of its path.</param>
    /// <param name="type">The content type.</param>
    public PageAsset(string name, string type)
    {
        (Route, _type) = ("/pages/" + name, type);
        _file = new(() =>
        {
            using var stream = typeof(PageAsset).Assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return (content, Base64Url.EncodeToString(SHA256.HashData(content).AsSpan(0, 9)));
        });
    }

    /// <summary>The path without the hash.</summary>
    public string Route { get; }

    /// <summary>Returns the address for a page.</summary>
    public string Href(HttpContext context) => $"{context.Request.PathBase.ToUriComponent()}{Route}?v={_file.Value.Hash}";

    /// <summary>Maps the file.</summary>
    public void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(Route, Methods, RespondAsync).AllowAnonymous().ExcludeFromDescription();

    private async Task RespondAsync(HttpContext context)
    {
        var (content, hash) = _file.Value;
        var headers = context.Response.Headers;
        headers.ETag = $"\"{hash}\"";
        headers.CacheControl = context.Request.Query["v"] == hash ? "public, max-age=31536000, immutable" : "no-cache";
        if (!await EntityTags.TryRespondAsync(context, headers.ETag!))
        {
            (context.Response.ContentType, context.Response.ContentLength) = (_type, content.Length);
            await context.Response.Body.WriteAsync(content);
        }
    }
}
