using System.Diagnostics.Metrics;
using System.Threading.Channels;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.Operations.Audit;

/// <summary>
/// Writes audit events to the log, in order and behind the requests: recording one costs a request nothing but a place in a queue. When the
/// log is so slow that the queue is full, events are dropped, counted (<c>nclue_gateway.audit.dropped</c>) and told of as an error. What is in
/// the queue when the gateway stops is still written.
/// </summary>
internal sealed partial class AuditTrail : BackgroundService
{
    /// <summary>The log category of the events, for whoever sends them elsewhere.</summary>
    public const string Category = "NclueGateway.Audit";

    /// <summary>The most events that wait to be written.</summary>
    public const int Capacity = 10_000;

    /// <summary>The least time between two errors about dropped events; what is dropped in between is told with the next one.</summary>
    public static readonly TimeSpan AlertInterval = TimeSpan.FromMinutes(1);

    // With this mode TryWrite says no when the queue is full; the modes that drop say yes.
    private readonly Channel<AuditEvent> _queue =
        Channel.CreateBounded<AuditEvent>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly ILogger _log;
    private readonly ILogger _alerts;
    private readonly TimeProvider _time;
    private readonly Counter<long> _droppedCounter;
    private long _dropped;
    private long? _alertedAt;

    public AuditTrail(ILoggerFactory logs, IMeterFactory meters, TimeProvider time)
    {
        _log = logs.CreateLogger(Category);
        _alerts = logs.CreateLogger<AuditTrail>();
        _time = time;
        _droppedCounter = meters.CreateGatewayMeter()
            .CreateCounter<long>("nclue_gateway.audit.dropped", "{event}", "Audit events that could not be written.");
    }

    /// <summary>Puts an event into the queue. Never waits and never throws.</summary>
    public void Record(AuditEvent happened)
    {
        if (!_queue.Writer.TryWrite(happened))
        {
            CountDrop();
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _droppedCounter.Add(0); // there before the first drop: else Prometheus would miss that one
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not ended by the token: it ends when the queue is closed and empty.
        await foreach (var happened in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            Write(happened);
            if (_alertedAt is not { } alertedAt || _time.GetElapsedTime(alertedAt) >= AlertInterval)
            {
                AlertOfDrops();
            }
        }

        AlertOfDrops();
    }

    private void Write(AuditEvent happened)
    {
        try
        {
            if (_log.IsEnabled(LogLevel.Information))
            {
                var id = new EventId((int)happened.Kind, happened.Kind.ToString());
                _log.Log(LogLevel.Information, id, happened.ToProperties(), null, (_, _) => happened.ToString());
            }
        }
        catch (Exception)
        {
            // A log that throws must not end the trail, and there is no other one to tell.
            CountDrop();
        }
    }

    private void CountDrop()
    {
        Interlocked.Increment(ref _dropped);
        _droppedCounter.Add(1);
    }

    private void AlertOfDrops()
    {
        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
        {
            _alertedAt = _time.GetTimestamp();
            Log.Dropped(_alerts, dropped);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Dropped} audit events were dropped because the log does not keep up; the audit has a gap")]
        public static partial void Dropped(ILogger logger, long dropped);
    }
}
