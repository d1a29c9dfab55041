using NclueGateway.Observability.Audit;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Serilog's logger and its two bounded queues. The audit of signed-in callers has a separate queue, so that a flood of other events cannot
/// displace it. Logging an event never waits for the output.
/// </summary>
/// <param name="sink">Writes the events of both queues.</param>
/// <param name="lost">Counts the events that a full queue or a failing output drops.</param>
internal sealed class LogPipeline(RedactingSink sink, LostLogEvents lost) : IDisposable
{
    /// <summary>Maximum number of events in each queue.</summary>
    public const int Capacity = 10_000;

    /// <summary>Maximum time that a shutdown waits for the events in the queues.</summary>
    private static readonly TimeSpan MaxDisposal = TimeSpan.FromSeconds(5);

    /// <summary>Logger of all events. The framework checks the level before it calls this logger.</summary>
    public Logger Logger { get; } = new LoggerConfiguration()
        .MinimumLevel.Verbose()
        .Enrich.FromLogContext()
        .WriteTo.Conditional(AuditEvent.IsOfSignedInCaller, queue => AddQueue(queue, sink, lost))
        .WriteTo.Conditional(logged => !AuditEvent.IsOfSignedInCaller(logged), queue => AddQueue(queue, sink, lost))
        .CreateLogger();

    /// <summary>Writes the events in the queues. Abandons them when the output is stuck.</summary>
    public void Dispose() => Task.Run(Logger.Dispose).Wait(MaxDisposal);

    private static void AddQueue(LoggerSinkConfiguration to, RedactingSink sink, LostLogEvents lost) => to.Fallible(
        fallible => fallible.Async(queue => queue.Sink(sink), Capacity, blockWhenFull: false, monitor: sink), lost);
}
