using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// While the gateway stops, callers are to take their next request elsewhere: each answer ends its connection (HTTP/1.1), and what
/// still comes on an open connection when it is long over is refused.
/// </summary>
internal sealed class ShutdownMiddleware(RequestDelegate next, GracefulShutdown draining)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!draining.HasBegun)
        {
            return next(context);
        }

        context.Response.OnStarting(CloseAsync, context.Response);
        return draining.IsOver
            ? new ProblemResult(HttpProblems.Draining) { RetryAfter = TimeSpan.FromSeconds(1) }.ExecuteAsync(context)
            : next(context);
    }

    private static Task CloseAsync(object response)
    {
        if (((HttpResponse)response).HttpContext.Request.Protocol is "HTTP/1.1")
        {
            ((HttpResponse)response).Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
