using NclueGateway.Http;
using Serilog;
using Serilog.Events;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Writes one log event for each request. Its level depends on the status: below 400 and for disconnected callers
/// <c>Debug</c> (the audit has the reads), 4xx <c>Information</c>, 5xx <c>Warning</c>, failures of the gateway itself
/// <c>Error</c>. It contains no text chosen by the caller.
/// </summary>
internal static class RequestLogging
{
    /// <summary>Log category of the events.</summary>
    public const string Category = "NclueGateway.Requests";

    private const string Template = "{Method} {Route}: {Status} after {DurationMs} ms, trace {TraceId}";

    /// <summary>Level of an event that is not written, below all others.</summary>
    private const LogEventLevel NotWritten = LevelAlias.Minimum - 1;

    private static readonly LogEventProperty[] Source =
    [
        new("EventId", new StructureValue([new("Id", new ScalarValue(1)), new("Name", new ScalarValue("Request"))])),
        new("SourceContext", new ScalarValue(Category)),
    ];

    /// <summary>Adds the middleware, before all other middleware.</summary>
    public static void UseRequestLogging(this IApplicationBuilder app)
    {
        var levels = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(Category);
        app.UseSerilogRequestLogging(options =>
        {
            options.Logger = app.ApplicationServices.GetRequiredService<LogPipeline>().Logger;
            options.MessageTemplate = Template;
            options.GetLevel = (context, _, failure) =>
                LevelOf(context, failure) is var level && levels.IsEnabled((LogLevel)level) ? level : NotWritten;
            options.GetMessageTemplateProperties = (context, _, duration, _) =>
            [
                new("Method", new ScalarValue(LoggedRequest.Method(context.Request))),
                new("Route", new ScalarValue(LoggedRequest.Route(context))),
                new("Status", new ScalarValue(context.Response.StatusCode)),
                new("DurationMs", new ScalarValue(duration)),
                new("TraceId", new ScalarValue(LoggedRequest.TraceId(context))),
                .. Source,
            ];
        });
    }

    private static LogEventLevel LevelOf(HttpContext context, Exception? failure) => context.Response.StatusCode switch
    {
        < 400 when failure is null => LogEventLevel.Debug,
        StatusCodes.Status499ClientClosedRequest => LogEventLevel.Debug,
        _ when context.RequestAborted.IsCancellationRequested => LogEventLevel.Debug,
        _ when failure is not null => LogEventLevel.Error, // the response had started, so that no problem could be sent
        < 500 => LogEventLevel.Information,
        StatusCodes.Status500InternalServerError => LogEventLevel.Error,
        _ => LogEventLevel.Warning,
    };
}
