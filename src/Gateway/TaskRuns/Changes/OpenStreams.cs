using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Access.Sessions;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// The streams and waiting polls of this replica: their limits, wakes and planned ends. One timer looks at all of them, so that an idle
/// stream costs no timer of its own.
/// </summary>
internal sealed class OpenStreams : IDisposable
{
    /// <summary>Maximum time without a message: proxies and scripts take a silent stream for a broken one.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Time between two looks at all streams.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Time between two checks of the sessions of streams.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(5);

    /// <summary>Time after which a reader that does not read the end of its stream is disconnected.</summary>
    public static readonly TimeSpan AbortAfter = TimeSpan.FromSeconds(5);

    /// <summary>Number of readers that run one after the other before other requests do.</summary>
    private const int WokenAtOnce = 64;

    private static readonly TimeSpan LookEveryInShutdown = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<OpenStream, bool> _open = new();
    private readonly Dictionary<CallerKey, int> _callers = [];
    private readonly Lock _gate = new();
    private readonly SnapshotInterest _interest;
    private readonly LatestLogPosition _log;
    private readonly StreamSessions _sessions;
    private readonly ChangesOptions _options;
    private readonly QuotaOptions _quota;
    private readonly OperationsOptions _operations;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _shutdown;
    private Task _check = Task.CompletedTask;
    private long _checkedAt;
    private long? _drainedAt; // timestamp at which the last stream ends during a shutdown

    public OpenStreams(
        SnapshotInterest interest,
        LatestLogPosition log,
        StreamSessions sessions,
        GracefulShutdown shutdown,
        ChangesOptions options,
        QuotaOptions quota,
        OperationsOptions operations,
        ChangesMetrics metrics,
        TimeProvider time)
    {
        (_interest, _log, _sessions, _options, _quota, _operations) = (interest, log, sessions, options, quota, operations);
        (_time, _checkedAt) = (time, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _shutdown = shutdown.Begun.Register(Drain);
        metrics.Observe(() => _open.Count, FindLag);
    }

    /// <summary>Number of open streams and waiting polls.</summary>
    public int Count => _open.Count;

    /// <summary>Opens a stream or a poll that waits.</summary>
    /// <param name="access">The access of its caller.</param>
    /// <param name="request">The request, to abort it.</param>
    /// <param name="refusal">The response in place of it.</param>
    /// <returns>The stream, which the caller has to close; null if a limit is reached.</returns>
    public OpenStream? TryOpen(AccessGrant access, IHttpRequestLifetimeFeature request, out ProblemResult? refusal)
    {
        var now = _time.GetTimestamp();
        var spread = 0.9 + (0.2 * Random.Shared.NextDouble()); // so that streams that began together do not end together
        var stream = new OpenStream(access, now + _time.Ticks(_options.StreamFor * spread), request);
        lock (_gate)
        {
            refusal = Admit(access.Caller);
            if (refusal is not null)
            {
                return null;
            }

            if (_open.IsEmpty)
            {
                StartLooking();
            }

            _open[stream] = true;
            stream.DrainsAt = _drainedAt is { } at ? Spread(now, at) : long.MaxValue;
        }

        _interest.Listen(_options.Every);
        _log.Watch();
        return stream;
    }

    /// <summary>Closes a stream.</summary>
    public void Close(OpenStream stream)
    {
        _interest.Leave(); // before the stream is no longer counted, so that nothing of it is left then
        _log.Unwatch();
        lock (_gate)
        {
            _open.TryRemove(stream, out _);
            if (--_callers[stream.Access.Caller] == 0)
            {
                _callers.Remove(stream.Access.Caller);
            }

            if (_open.IsEmpty)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>
    /// Wakes all readers, because the list may have a new version. It wakes some at a time, so that other requests run in between.
    /// </summary>
    public async Task WakeAsync()
    {
        var (now, woken) = (_time.GetTimestamp(), 0);
        foreach (var (stream, _) in _open)
        {
            stream.Wake(now);
            if (++woken % WokenAtOnce == 0)
            {
                await Task.Yield(); // behind the work of these readers, and of requests that came meanwhile
            }
        }
    }

    public void Dispose()
    {
        _shutdown.Dispose();
        _timer.Dispose();
    }

    private ProblemResult? Admit(CallerKey caller)
    {
        var count = _callers.GetValueOrDefault(caller);
        if (count >= _quota.Streams)
        {
            return new(AccessProblems.CallerQuota)
            {
                Detail = "This caller has the maximum number of streams and waiting polls open (Quota:Streams).",
                RetryAfter = RetryAfter,
            };
        }

        if (_open.Count >= _options.MaxStreams)
        {
            return new(SnapshotProblems.StreamsExhausted) { RetryAfter = RetryAfter * (1 + (2 * Random.Shared.NextDouble())) };
        }

        _callers[caller] = count + 1;
        return null;
    }

    private void Drain()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            _drainedAt = now + _time.Ticks(_operations.DrainDelay);
            foreach (var (stream, _) in _open)
            {
                stream.DrainsAt = Spread(now, _drainedAt.Value);
            }

            if (!_open.IsEmpty)
            {
                StartLooking();
            }
        }

        Look();
    }

    private void StartLooking()
    {
        var every = _drainedAt is null ? LookEvery : LookEveryInShutdown;
        _timer.Change(every, every);
    }

    private static long Spread(long now, long end) => now + (long)(Math.Max(0, end - now) * Random.Shared.NextDouble());

    /// <summary>Ends the streams whose time has come, and wakes those that need a heartbeat.</summary>
    private void Look()
    {
        var (now, date) = (_time.GetTimestamp(), _time.GetUtcNow());
        var (silent, patience) = (_time.Ticks(Heartbeat - LookEvery), _time.Ticks(AbortAfter));
        foreach (var (stream, _) in _open)
        {
            EndReason? due = now >= stream.DrainsAt ? EndReason.Drain
                : date >= stream.Access.ExpiresAt ? EndReason.Token
                : now >= stream.EndsAt ? EndReason.Time
                : null;
            if (stream.End is not null)
            {
                if (now - stream.EndedAt >= patience)
                {
                    stream.Abort();
                }
            }
            else if (due is { } reason)
            {
                stream.EndWith(reason, now);
            }
            else if (stream.SentAt <= now - silent)
            {
                stream.Wake(now);
            }
        }

        if (_check.IsCompleted && now - _checkedAt >= _time.Ticks(CheckEvery) && !_open.IsEmpty)
        {
            _checkedAt = now;
            _check = _sessions.CheckAsync(_open.Keys);
        }
    }

    /// <summary>Returns the longest time for which a reader has not looked for new versions.</summary>
    private TimeSpan FindLag() =>
        _open.Keys.Select(stream => stream.WokenAt).Min() is { } at ? _time.GetElapsedTime(at) : TimeSpan.Zero;
}
