namespace NclueGateway.Http;

/// <summary>
/// Rejects a body that is too long before the request is processed. Otherwise an endpoint that reads no body would
/// respond first. The server would then find the body too long and close the connection without notice, and the next
/// request on it would be lost (RFC 9112 §9.6).
/// </summary>
internal sealed class RequestBodyMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > RequestLimits.Body)
        {
            return RefuseAsync(context, StatusCodes.Status413PayloadTooLarge);
        }

        return request.Headers.TransferEncoding.Count == 0 ? next(context) : ReadFirstAsync(context);
    }

    /// <summary>Reads a chunked body to its end, the only way to learn its length.</summary>
    private async Task ReadFirstAsync(HttpContext context)
    {
        var request = context.Request;
        request.EnableBuffering(bufferThreshold: RequestLimits.Body); // the limit, so that it never writes a file
        try
        {
            await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }
        catch (IOException unreadable) when (!context.RequestAborted.IsCancellationRequested)
        {
            // If the size of a chunk overflows, the server throws an exception without a status.
            await RefuseAsync(context, (unreadable as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest);
            return;
        }

        request.Body.Position = 0;
        await next(context);
    }

    /// <summary>
    /// Sends <c>Connection: close</c> if the body is too long. For middleware that responds before this one: shutdown,
    /// CORS and the operations port.
    /// </summary>
    public static Task CloseAfterLongBody(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentLength > RequestLimits.Body)
        {
            Close(context);
        }

        return next(context);
    }

    private static void Close(HttpContext context)
    {
        if (context.Request.Protocol is "HTTP/1.1")
        {
            context.Response.Headers.Connection = "close"; // the server cannot read a request after this body
        }
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        Close(context);
        return new ProblemResult(HttpProblems.InvalidRequest) { Status = status }.ExecuteAsync(context);
    }
}
