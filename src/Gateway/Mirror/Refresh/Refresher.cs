using System.Diagnostics;
using NclueGateway.Access.RateLimits;
using NclueGateway.Hosting;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Fetches blocks from the upstream at the permitted rate, and stores them. No other class does.</summary>
[LogCategory("NclueGateway.TaskRuns.BlockRefresher")]
internal sealed class Refresher : BackgroundService
{
    private readonly BlockCache _blocks;
    private readonly IUpstreamCoordinator _coordinator;
    private readonly IBlockFetcher _fetcher;
    private readonly ChangeSignal _wake;
    private readonly ISharedBlocks _shared;
    private readonly RefreshDiagnostics _diagnostics;
    private readonly RefreshMetrics _metrics;
    private readonly CacheOptions _cache;
    private readonly IWholeListReader _wholeList;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly RefreshQueue _queue;
    private readonly UpstreamBackoff _backoff;
    private readonly FetchedBlocks _fetched;
    private readonly List<Task> _calls = [];

    public Refresher(
        BlockCache blocks,
        IUpstreamCoordinator coordinator,
        IBlockFetcher fetcher,
        NclueCredentials credentials,
        ChangeSignal wake,
        ISharedBlocks shared,
        IRowNormalizer normalizer,
        RefreshDiagnostics diagnostics,
        RefreshMetrics metrics,
        CacheOptions cache,
        QuotaOptions quota,
        IWholeListReader wholeList,
        TimeProvider time,
        Random random)
    {
        (_blocks, _coordinator, _fetcher, _wake, _shared) = (blocks, coordinator, fetcher, wake, shared);
        (_diagnostics, _metrics, _cache, _wholeList, _time) = (diagnostics, metrics, cache, wholeList, time);
        _queue = new(blocks, coordinator, shared, wholeList, cache, quota, time);
        _backoff = new(coordinator, time, random);
        Waits = new(_lock, _queue, _backoff, coordinator, wake, time);
        _fetched = new(blocks, _queue, _backoff, Waits, normalizer, cache, time, _lock);
        shared.LookedUp += (_, lookup) => _fetched.StoreShared(lookup.Block);
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
                var (wanted, oldest) = _queue.Wanted(now);
                return new(
                    _backoff.CurrentFailure(_queue.InFlight > 0),
                    _backoff.RemainingDelay,
                    _queue.InFlight,
                    _queue.Waits,
                    _blocks.Blocks.Count(),
                    wanted,
                    oldest is { } departedAt ? _cache.KeepFor - _time.GetElapsedTime(departedAt, now) : null);
            }
        }
    }

    /// <summary>Requests a block at once, although its copy may still be fresh, because it contradicts a newer one.</summary>
    public void RequestNow(int block)
    {
        lock (_lock)
        {
            _queue.RequestOnce(block, evenFresh: true);
        }

        Waits.SignalChange();
    }

    /// <summary>Connects to the other replicas. The gateway listens only after that has succeeded or timed out.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _coordinator.StartAsync();
        await _shared.StartAsync();
        _metrics.Observe(() => Status);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until <paramref name="stop"/>, and then until the requests in flight have ended.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        _diagnostics.Started(_coordinator.Interval);
        using var end = new CancellationTokenSource();
        var coordination = _coordinator.RunAsync(end.Token);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var woken = _wake.Next;
                var since = _time.GetTimestamp();
                var pause = await StepAsync() - _time.GetElapsedTime(since); // the step itself may take long
                if (pause is null || pause > TimeSpan.Zero)
                {
                    await _time.WaitAsync(woken, pause, stop);
                }
            }
        }
        finally
        {
            await Task.WhenAll(_calls); // their permits are used; the other replicas can use their blocks
            end.Cancel(); // not CancelAsync: its callbacks would run on another thread, concurrently with this code
            await coordination;
            await _coordinator.LeaveAsync();
        }
    }

    /// <summary>Sends a request if one may depart. Returns the time until the next step; null: until a change.</summary>
    private async ValueTask<TimeSpan?> StepAsync()
    {
        ScheduledFetch pick;
        FetchRequest request;
        lock (_lock)
        {
            var now = _time.GetTimestamp();

            // 1. Read the copies of other replicas that would serve a reader now.
            foreach (var block in _shared.Newer.Where(block => _queue.Wants(block, now)))
            {
                _ = _shared.LookAsync(block);
            }

            // 2. Choose the next block, and announce it to the other replicas.
            if (_queue.Next(now) is not { } next)
            {
                _coordinator.Announce(default);
                return _queue.UntilNext(now);
            }

            request = new(next.Class, next.Since, _queue.Queue(now));
            _coordinator.Announce(request);

            // 3. Check that a request may depart.
            if (_queue.IsFull)
            {
                return null;
            }

            if (_backoff.RemainingDelay is { Ticks: > 0 } hold)
            {
                return hold;
            }

            var open = _coordinator.UntilOpen;
            if (open != TimeSpan.Zero)
            {
                return open < TimeSpan.MaxValue ? open : null;
            }

            pick = next;
        }

        // 4. Claim the permit. The state may change meanwhile, so the next step chooses again from the start, with or
        // without a permit.
        var known = pick.IsForWholeList ? long.MaxValue : _shared.Known(pick.Block);
        if (await _coordinator.ClaimAsync(pick.Block, request, known) is not { } permit)
        {
            return TimeSpan.Zero;
        }

        // 5. Record the departure, and send the request.
        lock (_lock)
        {
            if (_queue.InFlight == 0)
            {
                _backoff.Departed();
            }

            _queue.Departed(pick, permit.At);
        }

        _metrics.Departed(pick, _time.GetElapsedTime(pick.Since, permit.At));
        _calls.RemoveAll(call => call.IsCompleted);
        _calls.Add(CallAsync(pick.Block, permit));
        return TimeSpan.Zero;
    }

    private async Task CallAsync(int block, Permit permit)
    {
        // 1. Send the request, in the trace of the reader that waits for the block, or in a trace of its own.
        using var span = GatewayTelemetry.Source.StartActivity(
            "refresh", ActivityKind.Internal, Waits.TakeTrace(block), [new("nclue_gateway.block", block)]);
        await Task.Yield(); // the next step does not wait for it
        FetchResult outcome;
        try
        {
            outcome = await _fetcher.GetBlockAsync(block, permit);
        }
        catch (Exception defect)
        {
            _diagnostics.Defect(defect);
            outcome = FetchResult.Failed(NclueFailureKind.Unreachable, "The gateway could not send the request.");
        }

        permit.Close();
        span?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error, outcome.Failure?.Kind.ToString());

        // 2. Store the block, or record the failure.
        var fetched = _fetched.Complete(block, permit, outcome);
        var failure = fetched.Failure;
        _diagnostics.RecordOutcome(block, failure);
        _metrics.Refreshed(failure);
        Waits.SignalChange();

        // 3. Report to the other replicas: a pause, then the end of the request and the block.
        if (failure?.Pause is { } rule)
        {
            await _coordinator.PauseAsync(permit, rule, failure.RetryAfter);
        }

        if (fetched.Response is { } response)
        {
            await _wholeList.ReceiveAsync(new(block, response, permit));
        }

        await _shared.EndAsync(permit, block, fetched.Block, hasResponse: failure is null or { Kind: NclueFailureKind.Unreadable });
    }

    /// <summary>Forgets that the previous keys were refused: they have been replaced.</summary>
    private void ForgetRefusals()
    {
        lock (_lock)
        {
            _backoff.ForgetRefusals();
        }

        Waits.SignalChange();
    }
}
