using System.Diagnostics;
using NclueGateway.Access;
using NclueGateway.Caching;
using NclueGateway.Nclue;
using NclueGateway.Nclue.Pacing;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.TaskRuns;

/// <summary>
/// The one writer: asks the upstream for one block after the other, as the <see cref="IPacer"/> lets it, and stores the answers. Nobody else
/// calls the upstream; readers say what they wait for, and look at what there is.
/// </summary>
internal sealed class BlockRefresher(
    TaskRunList list,
    IPacer pacer,
    IBlockSource source,
    NclueCredentials credentials,
    ChangeSignal wake,
    ISharedBlocks shared,
    TaskRunNormalizer normalizer,
    RefreshLog log,
    TaskRunMetrics metrics,
    CacheOptions cache,
    QuotaOptions quota,
    TimeProvider time,
    Random random) : BackgroundService
{
    /// <summary>Departures are paced, completions are not: a slow upstream must not halve the budget.</summary>
    private const int MostInFlight = 3;

    private readonly Lock _lock = new();
    private readonly BlockSchedule _schedule = new(list, pacer, shared, cache, quota, time);
    private readonly UpstreamHealth _health = new(pacer, time, random);
    private readonly List<Task> _calls = [];
    private readonly ChangeSignal _changes = new();
    private readonly Dictionary<int, ActivityContext> _traces = []; // of the first reader that waits for a block
    private TimeSpan _latency;

    /// <summary>Completes when anything changes that a waiting reader may want to know. Taken before looking, so that nothing is missed.</summary>
    public Task Changed => _changes.Next;

    /// <summary>What keeps the gateway from asking the upstream; null while all is well.</summary>
    public NclueFailure? Failure
    {
        get
        {
            lock (_lock)
            {
                return StandingFailure;
            }
        }
    }

    /// <summary>How long nothing departs, because of a pause or a back-off; zero when neither is in the way.</summary>
    public TimeSpan Hold
    {
        get
        {
            lock (_lock)
            {
                return _health.Hold;
            }
        }
    }

    /// <summary>How many calls are under way: 0 to 3.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _schedule.InFlight;
            }
        }
    }

    /// <summary>How many blocks callers wait for; one that two callers wait for counts twice.</summary>
    public int Waits
    {
        get
        {
            lock (_lock)
            {
                return _schedule.Waits;
            }
        }
    }

    /// <summary>How many blocks are in memory.</summary>
    public int Held => list.Blocks.All.Count();

    /// <summary>How many blocks are kept fresh, and how long the oldest of them may still be answered; null without one.</summary>
    public (int Count, TimeSpan? Grace) Wanted
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                var (count, oldest) = _schedule.Wanted(now);
                return (count, oldest is { } departedAt ? cache.KeepFor - time.GetElapsedTime(departedAt, now) : null);
            }
        }
    }

    /// <summary>Whether a departure is open right now, nobody waits for it, and the block can have it.</summary>
    public bool IsOpenFor(int block)
    {
        lock (_lock)
        {
            return _schedule.Waits == 0 && _schedule.InFlight < MostInFlight && StandingFailure is null && _health.Hold == TimeSpan.Zero
                && _schedule.Unreadable(block, time.GetTimestamp()) is null && pacer.UntilOpen == TimeSpan.Zero;
        }
    }

    /// <summary>Tells the refresher to look again at what there is to do.</summary>
    public void Wake() => wake.Raise();

    /// <summary>Finds out how things are; the gateway listens when that is done, or has taken long enough.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        shared.Looked = TakeLook;
        await pacer.StartAsync();
        await shared.StartAsync();
        metrics.Observe(this);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>A reader waits for <paramref name="needed"/> and no longer for what else is in <paramref name="registered"/>, which follows.</summary>
    public WaitForecast Wait(CallerIdentity caller, List<int> registered, IReadOnlyCollection<int> needed)
    {
        lock (_lock)
        {
            foreach (var block in registered.Except(needed).ToList())
            {
                _schedule.Remove(caller, block);
                registered.Remove(block);
                _traces.Remove(block);
            }

            var now = time.GetTimestamp();
            var isCollapsed = needed.All(block => _schedule.IsAskedFor(block, now));
            var isOverQuota = false;
            foreach (var block in needed.Except(registered).ToList())
            {
                if (_schedule.TryAdd(caller, block, now))
                {
                    registered.Add(block);
                    if (Activity.Current is { } reader)
                    {
                        _traces.TryAdd(block, reader.Context);
                    }

                    Wake();
                }
                else
                {
                    isOverQuota = true;
                }
            }

            return new(
                isOverQuota,
                isCollapsed,
                needed.Select(block => Expected(block, now)).DefaultIfEmpty().Max(),
                needed.Any(block => _schedule.InFlightFor(block, now) >= pacer.Interval), // one that has just departed is not late
                needed.Select(block => _schedule.Unreadable(block, now)).FirstOrDefault(failure => failure is not null) ?? StandingFailure);
        }
    }

    /// <summary>A reader was sent away without these blocks and finds them when it comes back.</summary>
    public void SendAway(CallerIdentity caller, IEnumerable<int> blocks)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var block in blocks)
            {
                _schedule.SendAway(caller, block, now);
            }
        }

        Wake();
    }

    /// <summary>Works until <paramref name="stop"/>, and then until the calls that are under way have ended.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        credentials.Replaced += (_, _) => ForgetRefusals();
        shared.Looked = TakeLook;
        log.Started(pacer.Interval);
        using var end = new CancellationTokenSource();
        var touch = pacer.RunAsync(end.Token);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var woken = wake.Next;
                var pause = await StepAsync(stop);
                if (pause != TimeSpan.Zero)
                {
                    await time.WaitAsync(woken, pause, stop);
                }
            }
        }
        finally
        {
            await Task.WhenAll(_calls); // their departures are spent; what they bring is for the others
            end.Cancel(); // here and now: CancelAsync would go on elsewhere, beside whatever runs here
            await touch;
            await pacer.LeaveAsync();
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>While a failure lasts, the next attempt departs within two intervals of the end of its wait, if anything is to be asked for.</summary>
    private NclueFailure? StandingFailure => _health.Standing(_schedule.InFlight > 0, Grace);

    private TimeSpan Grace => 2 * pacer.Interval;

    /// <summary>How long it will probably take until the block has come.</summary>
    private TimeSpan Expected(int block, long now)
    {
        if (_schedule.InFlightFor(block, now) is { } since)
        {
            return since < _latency ? _latency - since : TimeSpan.Zero;
        }

        var open = pacer.UntilOpen ?? pacer.Interval;
        open = open > _health.Hold ? open : _health.Hold;
        if (open == TimeSpan.MaxValue)
        {
            return open;
        }

        var perBlock = _latency / MostInFlight;
        perBlock = perBlock > pacer.Interval ? perBlock : pacer.Interval;
        return open + (perBlock * (_schedule.DeparturesBefore(block, now) ?? 0)) + _latency;
    }

    /// <summary>Lets one call go if one may. Returns how long there is nothing more to do: null for as long as nothing changes.</summary>
    private async ValueTask<TimeSpan?> StepAsync(CancellationToken stop)
    {
        BlockPick pick;
        Bid bid;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var block in shared.Newer.Where(block => _schedule.Wants(block, now)))
            {
                _ = shared.LookAsync(block);
            }

            if (_schedule.Next(now) is not { } next)
            {
                pacer.Announce(default);
                return _schedule.UntilNext(now);
            }

            bid = new(next.Class, next.Since, _schedule.Queue(now));
            pacer.Announce(bid);
            if (_schedule.InFlight >= MostInFlight)
            {
                return null;
            }

            if (_health.Hold is { Ticks: > 0 } hold)
            {
                return hold;
            }

            var open = pacer.UntilOpen;
            if (open != TimeSpan.Zero)
            {
                return open < TimeSpan.MaxValue ? open : null;
            }

            pick = next;
        }

        // While this replica asks, things go on: whatever comes of it, the next step chooses again from the start.
        if (await pacer.ClaimAsync(pick.Block, bid, shared.Known(pick.Block)) is { } departure)
        {
            lock (_lock)
            {
                if (_schedule.InFlight == 0)
                {
                    _health.Departed(Grace);
                }

                _schedule.Departed(pick, departure.At);
            }

            metrics.Departed(pick, time.GetElapsedTime(pick.Since, departure.At));

            _calls.RemoveAll(call => call.IsCompleted);
            _calls.Add(CallAsync(pick.Block, departure));
        }

        return TimeSpan.Zero;
    }

    private async Task CallAsync(int block, Departure departure)
    {
        using var span = StartSpan(block);
        await Task.Yield(); // the next step does not wait for it
        NclueOutcome outcome;
        try
        {
            outcome = await source.GetBlockAsync(block, departure);
        }
        catch (Exception defect)
        {
            log.Defect(defect);
            outcome = NclueOutcome.Failed(NclueFailureKind.Unreachable, "The gateway could not make the call.");
        }

        departure.Close();
        span?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error, outcome.Failure?.Kind.ToString());
        var (stored, failure) = Take(block, departure, outcome);
        if (failure?.Pause is { } rule)
        {
            await pacer.PauseAsync(departure, rule, failure.RetryAfter);
        }

        await shared.EndAsync(departure, block, stored, isAnswered: failure is null or { Kind: NclueFailureKind.Unreadable });
    }

    /// <summary>A span of the trace of the reader who waits for the block, or of a trace of its own.</summary>
    private Activity? StartSpan(int block)
    {
        ActivityContext reader;
        lock (_lock)
        {
            _traces.Remove(block, out reader);
        }

        return GatewayTelemetry.Source.StartActivity("refresh", ActivityKind.Internal, reader, [new("nclue_gateway.block", block)]);
    }

    /// <summary>Takes in what a call brought: a block or a failure.</summary>
    private (TaskRunBlock? Block, NclueFailure? Failure) Take(int number, Departure departure, NclueOutcome outcome)
    {
        var departedAt = departure.At;
        var failure = outcome.Failure;
        NormalizedAnswer? answer = null;
        TaskRunBlock? block = null;
        Action? tell = null;
        if (failure is null && !normalizer.TryNormalize(outcome.Body, out answer, out var error))
        {
            failure = new(NclueFailureKind.Unreadable, $"NCLUE's answer cannot be read: {error}");
        }

        lock (_lock)
        {
            var now = time.GetTimestamp();
            list.RemoveOlderThan(now - time.Ticks(cache.KeepFor));
            if (failure is { HasOtherKey: true })
            {
                _schedule.Abandon(number); // its turn comes again at once
            }
            else if (failure is { Kind: not NclueFailureKind.Unreadable })
            {
                _health.Failed(failure, departedAt);
                _schedule.Abandon(number);
            }
            else
            {
                _health.Answered(departedAt);
                _schedule.Settle(number, failure);
                if (answer is not null)
                {
                    _latency += (time.GetElapsedTime(departedAt, now) - _latency) / 4;
                    block = new TaskRunBlock(number, departedAt, answer.Rows, departure.Grant.Time);
                    tell = log.Examine(block, answer, list);
                    Store(block, now);
                }
            }
        }

        tell?.Invoke();
        log.Took(number, failure);
        metrics.Refreshed(failure);
        SignalChange();
        return (block, failure);
    }

    /// <summary>Takes in what another replica has fetched.</summary>
    private void TakeLook(TaskRunBlock? block)
    {
        if (block is not null)
        {
            lock (_lock)
            {
                Store(block, time.GetTimestamp());
                _schedule.Found(block.Number);
            }
        }

        SignalChange();
    }

    private void Store(TaskRunBlock block, long now)
    {
        list.Add(block, now);

        // An empty block proves only that the list ends before it; where exactly, the one before it tells.
        if (block is { Number: > 0, Rows.Count: 0 } && list.Extent.Length is null && list.Extent.Proof == block.Number)
        {
            _schedule.Owe(block.Number - 1);
        }
    }

    /// <summary>Other keys have come: those that were refused say nothing of them.</summary>
    private void ForgetRefusals()
    {
        lock (_lock)
        {
            _health.ForgetRefusals();
        }

        SignalChange();
    }

    private void SignalChange()
    {
        _changes.Raise();
        Wake();
    }
}
