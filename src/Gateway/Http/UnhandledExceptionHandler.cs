using Microsoft.AspNetCore.Diagnostics;
using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// The last resort for an exception nobody has caught: a 500 that says nothing of it, and one log entry with the trace id. A request the
/// server could not read keeps the status the server chose, and a caller who has left is no error.
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
            await new ProblemResult(ProblemTypes.ForStatus(unreadable.StatusCode)) { Status = unreadable.StatusCode }.ExecuteAsync(httpContext);
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

        [LoggerMessage(2, LogLevel.Debug, "A request could not be read and was answered with {Status}")]
        public static partial void Unreadable(ILogger logger, Exception exception, int status);

        [LoggerMessage(3, LogLevel.Debug, "A caller left before its answer was ready")]
        public static partial void CallerLeft(ILogger logger, Exception exception);
    }
}
