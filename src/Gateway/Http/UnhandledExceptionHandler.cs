using Microsoft.AspNetCore.Diagnostics;
using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// Handles unhandled exceptions: sends a 500 without details and logs one event with the trace id. A request that the server could not read
/// keeps the status that the server chose. A caller that has disconnected is not an error.
/// </summary>
[LogCategory("NclueGateway.Http.UnhandledExceptions")]
internal sealed partial class UnhandledExceptionHandler(ILogger<UnhandledExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            Log.CallerLeft(logger, exception);
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        if (exception is BadHttpRequestException { StatusCode: >= 400 and < 500 } unreadable)
        {
            Log.Unreadable(logger, unreadable, unreadable.StatusCode);
            await new ProblemResult(ProblemTypes.ForStatus(unreadable.StatusCode)) { Status = unreadable.StatusCode }
                .ExecuteAsync(httpContext);
            return true;
        }

        Log.Failed(logger, exception, LoggedRequest.Method(httpContext.Request), LoggedRequest.TraceId(httpContext));
        await new ProblemResult(HttpProblems.InternalError).ExecuteAsync(httpContext);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A {Method} request failed unexpectedly; its trace id is {TraceId}")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string traceId);

        [LoggerMessage(2, LogLevel.Debug, "A request could not be read and got status {Status}")]
        public static partial void Unreadable(ILogger logger, Exception exception, int status);

        [LoggerMessage(3, LogLevel.Debug, "A caller disconnected before its response was ready")]
        public static partial void CallerLeft(ILogger logger, Exception exception);
    }
}
