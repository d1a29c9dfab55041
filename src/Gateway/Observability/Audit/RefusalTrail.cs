using NclueGateway.Observability.Logging;

namespace NclueGateway.Observability.Audit;

/// <summary>
/// Bounds the number of events for refusals that no rate limit bounds: those of unauthenticated callers, and of callers
/// that have exceeded their rate limit. In each interval the first refusals are single events; further ones become one
/// event with a count for each caller, route and outcome. <see cref="LogPipeline"/> keeps them out of the queue of
/// signed-in callers.
/// </summary>
/// <param name="logs">Creates the log of the events.</param>
/// <param name="time">The clock of <see cref="Interval"/>.</param>
internal sealed class RefusalTrail(ILoggerFactory logs, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>Maximum number of single events in an interval.</summary>
    public const int MaxSingle = 100;

    /// <summary>
    /// Maximum number of counts in an interval. A refusal that would need one more count becomes a single event.
    /// </summary>
    public const int MaxCounts = 1_000;

    /// <summary>Time between two writes of the counts.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = logs.CreateLogger(AuditEvent.Category);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Client, string? Subject, string? Route, string? Outcome, int? Status), AuditEvent> _counts = [];
    private ITimer? _timer; // null while the gateway is not running: then nothing is counted
    private int _singles;

    /// <summary>Writes the event of a refusal, or counts the refusal.</summary>
    public void Record(AuditEvent refusal)
    {
        lock (_lock)
        {
            if (_timer is not null && _singles >= MaxSingle && TryCount(refusal))
            {
                return;
            }

            _singles++;
        }

        refusal.WriteTo(_log);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _timer = time.CreateTimer(_ => RecordCounts(), null, Interval, Interval);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        RecordCounts();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private bool TryCount(AuditEvent refusal)
    {
        var key = (refusal.Client, refusal.Subject, refusal.Route, refusal.Outcome, refusal.Status);
        if (!_counts.TryGetValue(key, out var counted) && _counts.Count >= MaxCounts)
        {
            return false;
        }

        counted ??= _counts[key] = refusal with { Parameters = null, Duration = null, TraceId = null, Count = 0 };
        counted.Count++;
        return true;
    }

    private void RecordCounts()
    {
        AuditEvent[] counts;
        lock (_lock)
        {
            counts = [.. _counts.Values];
            _counts.Clear();
            _singles = 0;
        }

        foreach (var count in counts)
        {
            count.WriteTo(_log);
        }
    }
}
