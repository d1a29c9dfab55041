using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;

namespace NclueGateway.Operations;

/// <summary>
/// One log line for each request, at a level that says how it ended: below 400, and whoever left before, at <c>Debug</c> (the audit has the
/// reads), 4xx at <c>Information</c>, 5xx at <c>Warning</c> and what went wrong in the gateway itself at <c>Error</c>. It tells the pattern of the
/// route and never the path, the query or a header. A line that is not written costs a request nothing. Goes around everything else.
/// </summary>
/// <param name="next">Everything else.</param>
/// <param name="trail">Where lines go.</param>
/// <param name="time">The clock that durations are taken by.</param>
internal sealed class RequestLog(RequestDelegate next, RequestTrail trail, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context) => next.ThenAsync(
        context, (Log: this, Started: time.GetTimestamp()), static (context, state, hasFailed) => state.Log.Record(context, state.Started, hasFailed));

    private void Record(HttpContext context, long started, bool hasFailed)
    {
        var status = context.Response.StatusCode;
        var level = status switch
        {
            < 400 when !hasFailed => LogLevel.Debug,
            StatusCodes.Status499ClientClosedRequest => LogLevel.Debug,
            _ when context.RequestAborted.IsCancellationRequested => LogLevel.Debug, // asked last: the server makes a token for whoever asks
            _ when hasFailed => LogLevel.Error, // after its answer had begun, or there would be one
            < 500 => LogLevel.Information,
            StatusCodes.Status500InternalServerError => LogLevel.Error,
            _ => LogLevel.Warning,
        };
        if (!trail.IsOn(level))
        {
            return;
        }

        trail.Record(new(level, RequestMethod.Of(context.Request), Route(context), status)
        {
            Time = time.GetUtcNow().UtcDateTime,
            Duration = time.GetElapsedTime(started),
            TraceId = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier,
            SpanId = Activity.Current?.SpanId.ToHexString(),
        });
    }

    /// <summary>The handler of exceptions takes the endpoint away and keeps it here.</summary>
    private static string? Route(HttpContext context) =>
        ((context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) as RouteEndpoint)?.RoutePattern.RawText;
}
