using System.Diagnostics;
using NclueGateway.Access.RateLimits;
using NclueGateway.Hosting;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Fetches blocks from the upstream, one after another, and stores them. No other class calls the upstream.</summary>
[LogCategory("NclueGateway.TaskRuns.BlockRefresher")]
internal sealed class Refresher : BackgroundService
{
    private readonly BlockCache _list;
    private readonly IUpstreamCoordinator _pacer;
    private readonly IBlockFetcher _source;
    private readonly ChangeSignal _wake;
    private readonly ISharedBlocks _shared;
    private readonly IRowNormalizer _normalizer;
    private readonly RefreshDiagnostics _log;
    private readonly RefreshMetrics _metrics;
    private readonly CacheOptions _cache;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly RefreshQueue _schedule;
    private readonly UpstreamBackoff _health;
    private readonly List<Task> _calls = [];

    public Refresher(
        BlockCache list,
        IUpstreamCoordinator pacer,
        IBlockFetcher source,
        NclueCredentials credentials,
        ChangeSignal wake,
        ISharedBlocks shared,
        IRowNormalizer normalizer,
        RefreshDiagnostics log,
        RefreshMetrics metrics,
        CacheOptions cache,
        QuotaOptions quota,
        TimeProvider time,
        Random random)
    {
        (_list, _pacer, _source, _wake, _shared, _normalizer) = (list, pacer, source, wake, shared, normalizer);
        (_log, _metrics, _cache, _time) = (log, metrics, cache, time);
        _schedule = new(list, pacer, shared, cache, quota, time);
        _health = new(pacer, time, random);
        Waits = new(_lock, _schedule, _health, pacer, wake, time);
        shared.LookedUp += (_, lookup) => StoreShared(lookup.Block);
        credentials.Replaced += (_, _) => ForgetRefusals();
    }

    /// <summary>The readers that wait.</summary>
    public ReaderWaits Waits { get; }

    /// <summary>The state at this moment.</summary>
    public RefresherStatus Status
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                var (wanted, oldest) = _schedule.Wanted(now);
                return new(
                    _health.CurrentFailure(_schedule.InFlight > 0),
                    _health.RemainingDelay,
                    _schedule.InFlight,
                    _schedule.Waits,
                    _list.Blocks.Count(),
                    wanted,
                    oldest is { } departedAt ? _cache.KeepFor - _time.GetElapsedTime(departedAt, now) : null);
            }
        }
    }

    /// <summary>Gets in touch with the other replicas; the gateway listens when that is done, or has timed out.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _pacer.StartAsync();
        await _shared.StartAsync();
        _metrics.Observe(() => Status);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Works until <paramref name="stop"/>, and then until the calls in flight have ended.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        _log.Started(_pacer.Interval);
        using var end = new CancellationTokenSource();
        var touch = _pacer.RunAsync(end.Token);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var woken = _wake.Next;
                var pause = await StepAsync();
                if (pause != TimeSpan.Zero)
                {
                    await _time.WaitAsync(woken, pause, stop);
                }
            }
        }
        finally
        {
            await Task.WhenAll(_calls); // their departures are spent; the other replicas can use what they bring
            end.Cancel(); // here and now: CancelAsync would go on elsewhere, beside the code that runs here
            await touch;
            await _pacer.LeaveAsync();
        }
    }

    /// <summary>Lets one call depart if one may. Returns the time until there is more to do: null for as long as nothing changes.</summary>
    private async ValueTask<TimeSpan?> StepAsync()
    {
        ScheduledFetch pick;
        FetchRequest bid;
        lock (_lock)
        {
            var now = _time.GetTimestamp();

            // 1. Read the copies of other replicas that would serve a reader now.
            foreach (var block in _shared.Newer.Where(block => _schedule.Wants(block, now)))
            {
                _ = _shared.LookAsync(block);
            }

            // 2. Choose the next block, and announce it to the other replicas.
            if (_schedule.Next(now) is not { } next)
            {
                _pacer.Announce(default);
                return _schedule.UntilNext(now);
            }

            bid = new(next.Class, next.Since, _schedule.Queue(now));
            _pacer.Announce(bid);

            // 3. Check that a call may depart.
            if (_schedule.IsFull)
            {
                return null;
            }

            if (_health.RemainingDelay is { Ticks: > 0 } hold)
            {
                return hold;
            }

            var open = _pacer.UntilOpen;
            if (open != TimeSpan.Zero)
            {
                return open < TimeSpan.MaxValue ? open : null;
            }

            pick = next;
        }

        // 4. Claim the departure. Meanwhile things go on: with or without it, the next step chooses again from the start.
        if (await _pacer.ClaimAsync(pick.Block, bid, _shared.Known(pick.Block)) is not { } departure)
        {
            return TimeSpan.Zero;
        }

        // 5. Record it, and begin the call.
        lock (_lock)
        {
            if (_schedule.InFlight == 0)
            {
                _health.Departed();
            }

            _schedule.Departed(pick, departure.At);
        }

        _metrics.Departed(pick, _time.GetElapsedTime(pick.Since, departure.At));
        _calls.RemoveAll(call => call.IsCompleted);
        _calls.Add(CallAsync(pick.Block, departure));
        return TimeSpan.Zero;
    }

    private async Task CallAsync(int block, Permit departure)
    {
        // 1. Call the upstream, in the trace of the reader that waits for the block, or in a trace of its own.
        using var span = GatewayTelemetry.Source.StartActivity(
            "refresh", ActivityKind.Internal, Waits.TakeTrace(block), [new("nclue_gateway.block", block)]);
        await Task.Yield(); // the next step does not wait for it
        FetchResult outcome;
        try
        {
            outcome = await _source.GetBlockAsync(block, departure);
        }
        catch (Exception defect)
        {
            _log.Defect(defect);
            outcome = FetchResult.Failed(NclueFailureKind.Unreachable, "The gateway could not make the call.");
        }

        departure.Close();
        span?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error, outcome.Failure?.Kind.ToString());

        // 2. Store the block, or record the failure.
        var (stored, failure) = Complete(block, departure, outcome);
        _log.RecordOutcome(block, failure);
        _metrics.Refreshed(failure);
        Waits.SignalChange();

        // 3. Report to the other replicas: a pause, and the end of the call with the block.
        if (failure?.Pause is { } rule)
        {
            await _pacer.PauseAsync(departure, rule, failure.RetryAfter);
        }

        await _shared.EndAsync(departure, block, stored, isAnswered: failure is null or { Kind: NclueFailureKind.Unreadable });
    }

    private (TaskRunBlock? Block, NclueFailure? Failure) Complete(int number, Permit departure, FetchResult outcome)
    {
        var departedAt = departure.At;
        var failure = outcome.Failure;
        TaskRunBlock? block = null;
        string? error = null;
        if (failure is null && _normalizer.TryNormalize(number, departedAt, outcome.Body, out var rows, out error))
        {
            block = new(number, departedAt, rows, departure.Grant.Time);
        }
        else
        {
            failure ??= new(NclueFailureKind.Unreadable, $"NCLUE's answer cannot be read: {error}");
        }

        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _list.RemoveOlderThan(now - _time.Ticks(_cache.KeepFor));
            if (failure is { Kind: not NclueFailureKind.Unreadable })
            {
                if (!failure.HasOtherKey) // with another key its turn comes again at once
                {
                    _health.Failed(failure, departedAt);
                }

                _schedule.Cancel(number);
                return (null, failure);
            }

            _health.Answered(departedAt);
            _schedule.Complete(number, failure);
            if (block is not null)
            {
                Waits.ObserveLatency(_time.GetElapsedTime(departedAt, now));
                Store(block, now);
            }
        }

        return (block, failure);
    }

    /// <summary>Stores a block that another replica has fetched; null for a lookup that found none.</summary>
    private void StoreShared(TaskRunBlock? block)
    {
        if (block is not null)
        {
            lock (_lock)
            {
                Store(block, _time.GetTimestamp());
                _schedule.Satisfied(block.Number);
            }
        }

        Waits.SignalChange();
    }

    private void Store(TaskRunBlock block, long now)
    {
        _list.Add(block, now);

        // An empty block proves only that the list ends before it; the block before it proves where.
        if (block is { Number: > 0, Rows.Count: 0 } && _list.Extent.Length is null && _list.Extent.BoundaryBlock == block.Number)
        {
            _schedule.RequestOnce(block.Number - 1);
        }
    }

    /// <summary>Forgets that keys were refused: others are in use now.</summary>
    private void ForgetRefusals()
    {
        lock (_lock)
        {
            _health.ForgetRefusals();
        }

        Waits.SignalChange();
    }
}
