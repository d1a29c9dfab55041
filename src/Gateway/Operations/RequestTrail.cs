using System.Diagnostics.Metrics;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.Operations;

/// <summary>
/// Writes the lines of <see cref="RequestLog"/>, behind the requests: a refusal waits for a slow log no more than a read does. Those that are dropped
/// are counted in <c>nclue_gateway.request_log.dropped</c>.
/// </summary>
/// <param name="logs">Where the log comes from.</param>
/// <param name="meters">Where counters come from.</param>
/// <param name="time">The clock.</param>
/// <param name="output">What the log ends in, where it can write several lines at once.</param>
internal sealed partial class RequestTrail(ILoggerFactory logs, IMeterFactory meters, TimeProvider time, LogOutput? output = null)
    : LogTrail<RequestLine>(
        output,
        time,
        meters.CreateGatewayMeter().CreateCounter<long>(
            "nclue_gateway.request_log.dropped", "{line}", "Lines of the request log that could not be written."))
{
    /// <summary>The category of the lines.</summary>
    public const string Category = "NclueGateway.Requests";

    private readonly ILogger _log = logs.CreateLogger(Category);
    private readonly ILogger _alerts = logs.CreateLogger<RequestTrail>();

    /// <summary>Whether anybody takes lines of a level.</summary>
    public bool IsOn(LogLevel level) => _log.IsEnabled(level);

    protected override void Write(RequestLine entry) => _log.Log(entry.Level, RequestLine.Id, entry, null, static (written, _) => written.ToString());

    protected override void Alert(long dropped) => Log.Dropped(_alerts, dropped);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Dropped} lines of the request log were dropped because the log fails or does not keep up")]
        public static partial void Dropped(ILogger logger, long dropped);
    }
}

internal static class RequestTrailExtensions
{
    public static IServiceCollection AddRequestLog(this IServiceCollection services) => services
        .AddSingleton<RequestTrail>()
        .AddHostedService(provider => provider.GetRequiredService<RequestTrail>());
}
