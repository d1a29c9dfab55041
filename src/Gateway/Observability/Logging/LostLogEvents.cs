using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Observability.Audit;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Counts log events that are lost because a queue is full or the output fails, and reports them in the log, at most once
/// a minute.
/// </summary>
internal sealed class LostLogEvents : ILoggingFailureListener
{
    /// <summary>Log category of the reports.</summary>
    public const string Category = "NclueGateway.Operations.Audit.AuditTrail";

    /// <summary>Minimum time between two reports; the next one includes the losses in between.</summary>
    public static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly Loss _audit =
        new("{Dropped} audit events were dropped because the log fails or does not keep up; the audit has a gap");
    private readonly Loss _others =
        new("{Dropped} log events other than the audit were dropped because the log fails or does not keep up");
    private long? _reportedAt;

    public LostLogEvents(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.CreateGatewayMeter();
        meter.CreateObservableCounter(
            "nclue_gateway.audit.dropped", () => Volatile.Read(ref _audit.Count), "{event}", "Audit events that could not be written.");
        meter.CreateObservableCounter(
            "nclue_gateway.request_log.dropped", () => Volatile.Read(ref _others.Count), "{line}",
            "Log events other than the audit that could not be written, among them lines of the request log.");
    }

    public void OnLoggingFailed(
        object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception)
    {
        foreach (var lost in events ?? [])
        {
            Interlocked.Increment(ref (AuditEvent.IsAudit(lost) ? _audit : _others).Count);
        }
    }

    /// <summary>Reports the losses since the last report, if a report is due.</summary>
    /// <param name="write">Writes a report. If it throws, the next report includes these losses.</param>
    /// <param name="isLast">True if no other report follows.</param>
    public void Report(Action<LogEvent> write, bool isLast = false)
    {
        if (isLast || _reportedAt is not { } reportedAt || _time.GetElapsedTime(reportedAt) >= ReportInterval)
        {
            Report(_audit, write);
            Report(_others, write);
        }
    }

    private void Report(Loss loss, Action<LogEvent> write)
    {
        var count = Volatile.Read(ref loss.Count);
        if (count == loss.Reported)
        {
            return;
        }

        write(new(_time.GetLocalNow(), LogEventLevel.Error, null, loss.Template,
        [
            new("Dropped", new ScalarValue(count - loss.Reported)),
            new(Constants.SourceContextPropertyName, new ScalarValue(Category)),
        ]));
        loss.Reported = count;
        _reportedAt = _time.GetTimestamp();
    }

    private sealed class Loss(string template)
    {
        public readonly MessageTemplate Template = new MessageTemplateParser().Parse(template);
        public long Count;
        public long Reported;
    }
}
