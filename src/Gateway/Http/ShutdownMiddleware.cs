using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// During shutdown, sends <c>Connection: close</c> with each HTTP/1.1 response, so that clients send their next request to another replica.
/// After the grace period, rejects requests that still arrive on open connections.
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
