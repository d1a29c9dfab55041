using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.Operations.Audit;

/// <summary>
/// Writes audit events to the log, in order and behind the requests, all that have come since the last time together: recording one costs a
/// request nothing but a place in a queue. When the log is so slow that the queue is full, or fails, events are dropped, counted
/// (<c>nclue_gateway.audit.dropped</c>) and told of as an error. What is in the queue when the gateway stops is still written.
/// </summary>
/// <remarks>Any number of requests record without a lock.</remarks>
internal sealed partial class AuditTrail : BackgroundService
{
    /// <summary>The log category of the events, for whoever sends them elsewhere.</summary>
    public const string Category = "NclueGateway.Audit";

    /// <summary>The most events that wait to be written.</summary>
    public const int Capacity = 10_000;

    /// <summary>The least time between two errors about dropped events; what is dropped in between is told with the next one.</summary>
    public static readonly TimeSpan AlertInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long an event waits for others, at most, by the machine's clock. Measured: less costs reads more, because a thread is woken for each time;
    /// more of it holds a processor for longer at a time, which the slowest reads in a hundred are those to feel.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Not a channel: each write to it takes a lock, and wakes whoever reads.
    private readonly ConcurrentQueue<AuditEvent> _queue = new();
    private int _queued;

    private readonly ILogger _log;
    private readonly ILogger _alerts;
    private readonly LogOutput? _output;
    private readonly TimeProvider _time;
    private readonly Counter<long> _droppedCounter;
    private long _dropped;
    private long? _alertedAt;

    /// <param name="logs">Where the log comes from.</param>
    /// <param name="meters">Where counters come from.</param>
    /// <param name="time">The clock that <see cref="AlertInterval"/> goes by.</param>
    /// <param name="output">What the log ends in, where it can write several events at once.</param>
    public AuditTrail(ILoggerFactory logs, IMeterFactory meters, TimeProvider time, LogOutput? output = null)
    {
        _output = output;
        _log = logs.CreateLogger(Category);
        _alerts = logs.CreateLogger<AuditTrail>();
        _time = time;
        _droppedCounter = meters.CreateGatewayMeter()
            .CreateCounter<long>("nclue_gateway.audit.dropped", "{event}", "Audit events that could not be written.");
    }

    /// <summary>Whether anybody takes the events.</summary>
    public bool IsOn => _log.IsEnabled(LogLevel.Information);

    /// <summary>Puts an event into the queue. Never waits and never throws.</summary>
    public void Record(AuditEvent happened)
    {
        if (Interlocked.Increment(ref _queued) <= Capacity)
        {
            _queue.Enqueue(happened);
        }
        else
        {
            Interlocked.Decrement(ref _queued);
            CountDrops(1);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _droppedCounter.Add(0); // there before the first drop: else Prometheus would miss that one
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            WriteQueue();
            await Task.Delay(Pause, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Requests are over before this is told to stop. What one that was cut off records all the same finds the queue full, and is counted.
        Interlocked.Add(ref _queued, Capacity);
        WriteQueue();
        AlertOfDrops();
    }

    private void WriteQueue()
    {
        if (_queue.IsEmpty && Volatile.Read(ref _dropped) == 0)
        {
            return;
        }

        // A log that throws must not end the trail, and there is no other one to tell.
        var written = 0;
        var told = 0L;
        try
        {
            using (_output?.Gather())
            {
                while (_queue.TryDequeue(out var happened))
                {
                    Interlocked.Decrement(ref _queued);
                    written += Write(happened) ? 1 : 0;
                    told += AlertOfDropsWhenDue();
                }

                told += AlertOfDropsWhenDue();
            }
        }
        catch (Exception)
        {
            CountDrops(written); // at most: how many of them went out before, nobody knows
            Interlocked.Add(ref _dropped, told); // nor whether that did: the next alert tells of them
        }
    }

    private bool Write(AuditEvent happened)
    {
        try
        {
            if (_log.IsEnabled(LogLevel.Information))
            {
                var id = new EventId((int)happened.Kind, AuditEvent.Name(happened.Kind));
                _log.Log(LogLevel.Information, id, happened, null, static (written, _) => written.ToString());
            }

            return true;
        }
        catch (Exception)
        {
            CountDrops(1);
            return false;
        }
    }

    private void CountDrops(int number)
    {
        Interlocked.Add(ref _dropped, number);
        _droppedCounter.Add(number);
    }

    private long AlertOfDropsWhenDue() =>
        _alertedAt is not { } alertedAt || _time.GetElapsedTime(alertedAt) >= AlertInterval ? AlertOfDrops() : 0;

    private long AlertOfDrops()
    {
        var dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped > 0)
        {
            _alertedAt = _time.GetTimestamp();
            Log.Dropped(_alerts, dropped);
        }

        return dropped;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Dropped} audit events were dropped because the log fails or does not keep up; the audit has a gap")]
        public static partial void Dropped(ILogger logger, long dropped);
    }
}
