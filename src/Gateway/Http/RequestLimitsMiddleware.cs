using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>
/// Limits of requests that the server does not enforce: the time until the first request on a TLS connection, the length of list headers,
/// and the length of a body that no endpoint reads.
/// </summary>
internal sealed class RequestLimitsMiddleware(RequestDelegate next)
{
    /// <summary>
    /// Maximum length of a list header in characters, summed over its lines. Browsers send about 150.
    /// </summary>
    public const int MaxListLength = 1_000;

    /// <summary>The list headers of requests that an endpoint of the gateway, of the framework or of a library parses.</summary>
    public static readonly IReadOnlyList<string> ListHeaders =
    [
        HeaderNames.Accept, HeaderNames.AcceptCharset, HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.CacheControl,
        HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.Range,
    ];

    /// <summary>
    /// Applies the limits that do not cause an error response. Must come before all middleware that reads these
    /// headers.
    /// </summary>
    public Task InvokeAsync(HttpContext context)
    {
        context.Features.Get<FirstRequest>()?.Dispose();

        // A list that is too long is ignored. The list parsers of the framework and of libraries need time quadratic in
        // the length of a malformed list (dotnet/aspnetcore#66668 and #68305): 31 kB of commas cost 2.3 s of a
        // processor.
        var headers = context.Request.Headers;
        foreach (var name in ListHeaders)
        {
            if (headers[name].ToString().Length > MaxListLength)
            {
                headers.Remove(name);
            }
        }

        if (context.Request.ContentLength > RequestLimits.Body)
        {
            Close(context); // here, for middleware that responds before the body is rejected: shutdown, CORS, the operations port
        }

        return next(context);
    }

    /// <summary>
    /// Rejects a body that is too long before the request is processed. Otherwise an endpoint that reads no body would
    /// respond first. The server would then find the body too long and close the connection without notice, and the next
    /// request on it would be lost (RFC 9112 §9.6).
    /// </summary>
    public static Task RejectLongBodyAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (request.ContentLength > RequestLimits.Body)
        {
            return RejectAsync(context, StatusCodes.Status413PayloadTooLarge);
        }

        return request.Headers.TransferEncoding.Count == 0 ? next(context) : ReadFirstAsync(context, next);
    }

    /// <summary>Reads a chunked body to its end, the only way to learn its length.</summary>
    private static async Task ReadFirstAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        request.EnableBuffering(bufferThreshold: RequestLimits.Body); // at this threshold it never writes a file
        try
        {
            await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }
        catch (IOException unreadable) when (!context.RequestAborted.IsCancellationRequested)
        {
            // If the size of a chunk overflows, the server throws an exception without a status.
            await RejectAsync(context, (unreadable as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest);
            return;
        }

        request.Body.Position = 0;
        await next(context);
    }

    private static void Close(HttpContext context)
    {
        if (context.Request.Protocol is "HTTP/1.1")
        {
            context.Response.Headers.Connection = "close"; // the server cannot read a request after this body
        }
    }

    private static Task RejectAsync(HttpContext context, int status)
    {
        Close(context);
        return new ProblemResult(HttpProblems.InvalidRequest) { Status = status }.ExecuteAsync(context);
    }
}
