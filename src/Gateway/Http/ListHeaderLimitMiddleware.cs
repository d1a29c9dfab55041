using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>
/// Removes list headers that are too long, as if the client had not sent them. The list parsers of the framework and of libraries need time
/// quadratic in the length of a malformed list (dotnet/aspnetcore#66668 and #68305): 31 kB of commas cost 2.3 s of a processor.
/// </summary>
internal sealed class ListHeaderLimitMiddleware(RequestDelegate next)
{
    /// <summary>Maximum length of a header value in characters, its lines taken together. Browsers send about 150.</summary>
    public const int MaxLength = 1_000;

    /// <summary>The list headers of requests that an endpoint of the gateway, of the framework or of a library parses.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        HeaderNames.Accept, HeaderNames.AcceptCharset, HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.CacheControl,
        HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.Range,
    ];

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        foreach (var name in Names)
        {
            if (Length(headers[name]) > MaxLength)
            {
                headers.Remove(name);
            }
        }

        return next(context);
    }

    private static int Length(StringValues lines)
    {
        var length = 0;
        foreach (var line in lines)
        {
            length += line?.Length ?? 0;
        }

        return length;
    }
}
