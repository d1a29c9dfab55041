using System.Text;
using System.Text.Encodings.Web;

namespace NclueGateway.Http.Pages;

/// <summary>Pages of plain HTML without script, style or picture, so that the strictest content security policy fits.</summary>
internal static class HtmlPage
{
    /// <summary>How long whoever has the answer may keep it: it only changes with a release or with settings.</summary>
    public const string CacheControl = "public, max-age=3600";

    /// <summary>A whole page.</summary>
    /// <param name="title">Text, not yet encoded.</param>
    /// <param name="main">HTML.</param>
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

    /// <summary>The text as HTML shows it.</summary>
    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>What every address in a page begins with, encoded.</summary>
    public static string PathBase(HttpContext context) => Text(context.Request.PathBase.ToUriComponent());

    public static Task RespondAsync(HttpContext context, string html) =>
        RespondAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html));

    /// <summary>Answers with these bytes, or for HEAD with their length: the server drops them.</summary>
    public static async Task RespondAsync(HttpContext context, string type, byte[] body)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = CacheControl;
        await response.Body.WriteAsync(body);
    }
}
