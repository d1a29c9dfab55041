using System.Diagnostics.Metrics;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.Operations.Audit;

/// <summary>Writes audit events to the log, behind the requests; those that are dropped are counted in <c>nclue_gateway.audit.dropped</c>.</summary>
/// <param name="logs">Where the log comes from.</param>
/// <param name="meters">Where counters come from.</param>
/// <param name="time">The clock.</param>
/// <param name="output">What the log ends in, where it can write several events at once.</param>
internal sealed partial class AuditTrail(ILoggerFactory logs, IMeterFactory meters, TimeProvider time, LogOutput? output = null)
    : LogTrail<AuditEvent>(
        output,
        time,
        meters.CreateGatewayMeter().CreateCounter<long>("nclue_gateway.audit.dropped", "{event}", "Audit events that could not be written."))
{
    /// <summary>The log category of the events, for whoever sends them elsewhere.</summary>
    public const string Category = "NclueGateway.Audit";

    private readonly ILogger _log = logs.CreateLogger(Category);
    private readonly ILogger _alerts = logs.CreateLogger<AuditTrail>();

    /// <summary>Whether anybody takes the events.</summary>
    public bool IsOn => _log.IsEnabled(LogLevel.Information);

    protected override void Write(AuditEvent entry)
    {
        if (IsOn)
        {
            var id = new EventId((int)entry.Kind, AuditEvent.Name(entry.Kind));
            _log.Log(LogLevel.Information, id, entry, null, static (written, _) => written.ToString());
        }
    }

    protected override void Alert(long dropped) => Log.Dropped(_alerts, dropped);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Dropped} audit events were dropped because the log fails or does not keep up; the audit has a gap")]
        public static partial void Dropped(ILogger logger, long dropped);
    }
}
