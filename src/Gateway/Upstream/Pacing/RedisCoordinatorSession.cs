using System.Collections.Concurrent;
using NclueGateway.Redis;
using NclueGateway.Time;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// The protocol between this replica and the coordinator script. It adds the state of this replica to each call and keeps the newest
/// reply.
/// </summary>
/// <remarks>State that Redis has reported stays valid: a pause ends at its time, even while Redis is away.</remarks>
internal sealed class RedisCoordinatorSession(
    ICoordinatorScript script,
    RedisCircuit circuit,
    RedisClock clock,
    BlockDirectory directory,
    NclueCredentials credentials,
    ChangeSignal changes,
    LatestLogPosition log,
    PacingSettings settings,
    TimeProvider time)
{
    /// <summary>Maximum time between two calls.</summary>
    public static readonly TimeSpan CallEvery = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If this process has made no call for this time, it is assumed to have been suspended. If no replica has made a
    /// call for this time, Redis is assumed to have been unavailable for all.
    /// </summary>
    public static readonly TimeSpan Gap = CallEvery * 1.5;

    /// <summary>Maximum length of a pause, in milliseconds.</summary>
    public static readonly long LongestPause = ExponentialBackoff.LongestAskedFor.ToMilliseconds();

    private static readonly TimeSpan CallEveryWhileWaiting = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly string _replica = $"r{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<int, bool> _flights = new();
    private readonly ChangeSignal _urgent = new();
    private ReceivedReply? _last;
    private PauseEnd? _pause;
    private FetchRequest _request;

    /// <summary>True if replies contain the top of the snapshot's log.</summary>
    public bool ReadsLog => settings.LogKey.Length > 0;

    /// <summary>The newest reply; null before the first.</summary>
    public ReceivedReply? Last => Volatile.Read(ref _last);

    /// <summary>Remaining pause of all replicas; null without one.</summary>
    public SharedPause? Pause
    {
        get
        {
            var now = time.GetTimestamp();
            return Volatile.Read(ref _pause) is { } pause && pause.At > now
                ? new(time.GetElapsedTime(now, pause.At), ThrottlePolicy.Named(pause.Reason))
                : null;
        }
    }

    /// <summary>Returns the time since another replica requested a block; null when none has, or its lease has ended.</summary>
    public TimeSpan? UnderWayElsewhere(int block)
    {
        // A request of this replica that is not among its known ones belongs to a claim whose reply was lost. Its lease
        // counts like that of another replica.
        var now = time.GetTimestamp();
        return Last is { } last && last.UnderWay.TryGetValue(block, out var flight)
            && !_flights.ContainsKey(block) && clock.At(now).Least < flight.Until
            ? time.GetElapsedTime(clock.TimestampOf(flight.Since), now)
            : null;
    }

    /// <summary>
    /// Calls the script at regular intervals, more often while readers wait or callers listen, until <paramref name="stop"/> is
    /// cancelled.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var urgent = _urgent.Next;
            await LookAsync(RedisCircuit.Patience);
            var isAwaited = (HasWaits || log.IsWatched) && circuit.State.IsAvailable == true;
            await time.WaitAsync(urgent, isAwaited ? CallEveryWhileWaiting : CallEvery, stop);
        }
    }

    /// <summary>Reads changes from Redis, even while it is away.</summary>
    public Task LookAsync(TimeSpan patience) => CallAsync(new(CoordinatorOperation.Look), circuit.ProbeAsync, patience);

    /// <summary>
    /// Sets the request for a permit that every later call includes. If readers have begun to wait, calls the script at
    /// once.
    /// </summary>
    public void Announce(FetchRequest request)
    {
        lock (_lock)
        {
            var isUrgent = request.Queue.Blocks > 0 && _request.Queue.Blocks == 0;
            _request = request;
            if (!isUrgent)
            {
                return;
            }
        }

        _urgent.Raise();
    }

    /// <summary>Counts a block among this replica's own requests in flight.</summary>
    public void Begin(int block) => _flights.TryAdd(block, true);

    /// <summary>Removes a block from this replica's own requests in flight.</summary>
    public void End(int block) => _flights.TryRemove(block, out _);

    /// <summary>Runs the script once and applies its reply; null when Redis does not respond.</summary>
    public Task<CoordinatorResponse?> CallAsync(CoordinatorRequest call) => CallAsync(call, circuit.RunAsync, RedisCircuit.Patience);

    private bool HasWaits
    {
        get
        {
            lock (_lock)
            {
                return _request.Queue.Blocks > 0;
            }
        }
    }

    private async Task<CoordinatorResponse?> CallAsync(
        CoordinatorRequest call, Func<Func<Task<CoordinatorResponse>>, TimeSpan, Task<CoordinatorResponse>> run, TimeSpan patience)
    {
        var askedAt = time.GetTimestamp();
        try
        {
            call = WithReplicaState(call, askedAt);
            var reply = await run(() => script.RunAsync(call), patience);
            Apply(new(reply, askedAt, time.GetTimestamp()));
            return reply;
        }
        catch (RedisAwayException)
        {
            return null;
        }
        finally
        {
            PublishLog();
            changes.Raise();
        }
    }

    private CoordinatorRequest WithReplicaState(CoordinatorRequest call, long now)
    {
        lock (_lock)
        {
            var state = circuit.State;
            var last = _last?.Reply;
            var (atLeast, atMost) = clock.At(now);
            var isBack = state.IsAvailable == false;
            var pause = _pause?.At > now && clock.IsKnown ? _pause : null;
            return call with
            {
                Replica = _replica,
                // Other replicas may still send in their slots.
                ReplicaCount = Math.Max(settings.ReplicaCount, isBack ? last?.Cycle ?? 1 : 1),
                Slot = last?.Slot ?? -1,
                Now = atLeast,
                Unsure = atMost - atLeast,
                Interval = settings.IntervalMilliseconds,
                Patience = RedisCircuit.Patience.ToMilliseconds(),
                Grace = Grace.ToMilliseconds(),
                Lease = FallbackSchedule.Lease.ToMilliseconds(),
                Settle = 4 * settings.IntervalMilliseconds,
                Gap = Gap.ToMilliseconds(),
                Quiet = 4 * settings.IntervalMilliseconds,
                LongestPause = LongestPause,
                Keep = settings.KeepFor.ToMilliseconds(),
                WasAway = isBack || WasSuspended(now),
                IsSettled = state.IsAvailable == true && time.GetElapsedTime(state.Since, now) > 4 * settings.Interval,
                PausedUntil = pause is null ? 0 : atLeast + (long)time.GetElapsedTime(now, pause.At).TotalMilliseconds,
                PausedFor = _pause?.Reason ?? "",
                Generation = credentials.Accepted,
                Epoch = last?.Epoch ?? 0,
                News = last?.News ?? 0,
                Class = call.Class != FetchPriority.None ? call.Class : _request.Class,
                Since = _request.Class == FetchPriority.None ? 0 : clock.At(_request.Since).Least,
                Queue = _request.Queue,
                Flights = [.. _flights.Keys],
                LogKey = settings.LogKey,
            };
        }
    }

    /// <summary>
    /// Returns true if this process was suspended for so long that Redis may have been away meanwhile and the other replicas may send in
    /// their slots.
    /// </summary>
    private bool WasSuspended(long now) => _last is { } last && time.GetElapsedTime(last.ReceivedAt, now) > settings.SlotsAfter;

    private void Apply(ReceivedReply received)
    {
        lock (_lock)
        {
            if (_last is not null && received.IsOvertakenBy(_last))
            {
                return;
            }

            var reply = received.Reply;
            credentials.Learn(reply.Generation);
            clock.Observe(received.AskedAt, received.ReceivedAt, reply.Now);
            directory.Apply(reply);
            var left = TimeSpan.FromMilliseconds(Math.Min(reply.Pause - reply.Now, LongestPause));
            var pausedUntil = received.ReceivedAt + time.Ticks(left);
            if (reply.Pause > reply.Now && !(pausedUntil <= _pause?.At))
            {
                Volatile.Write(ref _pause, new(pausedUntil, reply.PausedFor));
            }

            Volatile.Write(ref _last, received);
        }
    }

    /// <summary>
    /// Publishes the position of the log in the newest reply; none while Redis is away. It holds no lock while subscribers run. So another
    /// call may publish meanwhile, and the newest position is looked up again.
    /// </summary>
    private void PublishLog()
    {
        while (ReadsLog && log.Current != Newest())
        {
            log.Current = Newest();
        }

        LogPosition? Newest() => circuit.State.IsAvailable == false ? null : Last?.Reply.Log;
    }

    private sealed record PauseEnd(long At, string Reason);
}

/// <summary>A reply of the coordinator script.</summary>
/// <param name="Reply">The reply.</param>
/// <param name="AskedAt">The timestamp before the call.</param>
/// <param name="ReceivedAt">The timestamp after the reply was received.</param>
internal sealed record ReceivedReply(CoordinatorResponse Reply, long AskedAt, long ReceivedAt)
{
    /// <summary>Requests in flight, by block.</summary>
    public IReadOnlyDictionary<int, InFlightFetch> UnderWay { get; } =
        Reply.Flights.DistinctBy(flight => flight.Block).ToDictionary(flight => flight.Block);

    /// <summary>Returns true if another reply is newer, although it was received first.</summary>
    public bool IsOvertakenBy(ReceivedReply other) =>
        AskedAt < other.ReceivedAt && (Reply.Epoch == other.Reply.Epoch ? Reply.Tick < other.Reply.Tick : AskedAt < other.AskedAt);
}
