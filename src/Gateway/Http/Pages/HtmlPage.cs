using System.Text;
using System.Text.Encodings.Web;

namespace NclueGateway.Http.Pages;

/// <summary>Pages of plain HTML without scripts, styles or images, which work under the strictest content security policy.</summary>
internal static class HtmlPage
{
    /// <summary>The value of <c>Cache-Control</c>: one hour, since pages change only with a release or with settings.</summary>
    public const string CacheControl = "public, max-age=3600";

    /// <summary>Returns an HTML document.</summary>
    /// <param name="title">The title as plain text.</param>
    /// <param name="main">The content as HTML.</param>
    public static string Document(string title, string main) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{Text(title)} – NclueGateway</title>
        </head>
        <body>
        <main>
        {main}
        </main>
        </body>
        </html>

        """;

    /// <summary>Returns an HTML list; nothing for no items.</summary>
    /// <param name="items">The items as HTML.</param>
    public static string List(IEnumerable<string> items) =>
        string.Join('\n', items.Select(item => $"<li>{item}</li>")) is { Length: > 0 } rows ? $"<ul>\n{rows}\n</ul>" : "";

    /// <summary>Encodes text for HTML.</summary>
    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>Returns the encoded path base, with which every link in a page begins.</summary>
    public static string PathBase(HttpContext context) => Text(context.Request.PathBase.ToUriComponent());

    public static Task RespondCacheableAsync(HttpContext context, string html) =>
        RespondCacheableAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html));

    /// <summary>Sends a response with a body. For HEAD the server sends its length only.</summary>
    public static async Task RespondCacheableAsync(HttpContext context, string type, byte[] body)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = CacheControl;
        await response.Body.WriteAsync(body);
    }
}
