namespace NclueGateway.Http;

/// <summary>
/// Refuses a body that is too long before anything else happens. An endpoint that reads no body would send its response first; then the server finds
/// the body too long and closes the connection without a word, and the next request on it is lost (RFC 9112 §9.6).
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

    /// <summary>Only the end of a chunked body shows its length.</summary>
    private async Task ReadFirstAsync(HttpContext context)
    {
        var request = context.Request;
        request.EnableBuffering(bufferThreshold: RequestLimits.Body); // more is never read, so no file is written
        try
        {
            await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }
        catch (IOException unreadable) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Where a size of a chunk overflows, the server throws an exception without a status.
            await RefuseAsync(context, (unreadable as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest);
            return;
        }

        request.Body.Position = 0;
        await next(context);
    }

    /// <summary>
    /// Announces the end of a connection whose body is too long, for the middleware that responds before this one: shutdown, CORS and the port for
    /// operators.
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
            context.Response.Headers.Connection = "close"; // nothing after this body can be read
        }
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        Close(context);
        return new ProblemResult(HttpProblems.InvalidRequest) { Status = status }.ExecuteAsync(context);
    }
}
