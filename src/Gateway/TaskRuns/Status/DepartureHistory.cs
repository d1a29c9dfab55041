using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Status;

/// <summary>
/// Counts the account's departures minute by minute. The minutes are those of the clock that the replicas share, so that all
/// replicas show the same. A minute is known if this replica observed its start and its end: not the one in which it started, in
/// which Redis was away or lost its data, or in which the process was suspended.
/// </summary>
internal sealed class DepartureHistory(IUpstreamCoordinator coordinator, DepartureClock clock, TimeProvider time)
    : IHostedService, IDisposable
{
    /// <summary>Number of minutes that are remembered.</summary>
    public const int Minutes = 60;

    private const long Minute = 60_000; // milliseconds

    /// <summary>
    /// Maximum time between the turn of a minute and the number of permits for it (ms). A replica reads that once a second.
    /// </summary>
    private const long Tolerance = 2_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _counts = [];
    private Turn? _last;
    private ITimer? _timer;

    /// <summary>Maximum number of departures in a minute.</summary>
    public int MostPerMinute => Math.Max(1, (int)(TimeSpan.FromMilliseconds(Minute) / coordinator.Interval));

    /// <summary>
    /// Returns the departures of each of the last 60 whole minutes, the oldest first; null for a minute that is not known.
    /// </summary>
    public IReadOnlyList<int?> Read()
    {
        var end = (Now - Tolerance) / Minute; // so that no minute is missing while it is counted
        lock (_lock)
        {
            return [.. Enumerable.Range(-Minutes, Minutes).Select(minute => CountOf(end + minute))];
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => Count(), null, TimeSpan.FromMilliseconds(Minute - (Now % Minute)), Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private long Now => clock.EarliestAfter(time.GetTimestamp());

    private int? CountOf(long minute) => _counts.TryGetValue(minute, out var count) ? count : null;

    /// <summary>Counts the minute that ends now, and waits for the end of the next one.</summary>
    private void Count()
    {
        // 1. Get the number of permits at the turn of the minute. It is not known while Redis is away, nor after a suspension.
        var now = Now;
        var minute = (now + Tolerance) / Minute; // the one that begins now, also if the timer fires early
        var turn = coordinator.Permits is { } permits && Math.Abs(now - (minute * Minute)) + permits.Age.TotalMilliseconds <= Tolerance
            ? new Turn(minute, permits)
            : null;

        // 2. Count the permits since the turn before.
        lock (_lock)
        {
            if (turn?.Since(_last) is { } count)
            {
                _counts[minute - 1] = count;
            }

            _last = turn;
            foreach (var old in _counts.Keys.Where(known => known <= minute - 1 - Minutes).ToList())
            {
                _counts.Remove(old);
            }
        }

        _timer!.Change(TimeSpan.FromMilliseconds(((minute + 1) * Minute) - now), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The permits at the turn of a minute.</summary>
    /// <param name="Minute">Number of the minute that begins.</param>
    /// <param name="Permits">Number of permits so far.</param>
    private sealed record Turn(long Minute, PermitCount Permits)
    {
        /// <summary>Returns the number of permits since the turn before; null if it is not known.</summary>
        public int? Since(Turn? before) =>
            before?.Minute == Minute - 1 && before.Permits.Series == Permits.Series && before.Permits.Number <= Permits.Number
                ? int.CreateSaturating(Permits.Number - before.Permits.Number)
                : null;
    }
}
