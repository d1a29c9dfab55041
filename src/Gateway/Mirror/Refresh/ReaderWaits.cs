using System.Diagnostics;
using NclueGateway.Access.Callers;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>The readers that wait for blocks, and what each can expect. They share the schedule with the refresher, under one lock.</summary>
internal sealed class ReaderWaits(
    Lock gate, RefreshQueue schedule, UpstreamBackoff health, IUpstreamCoordinator pacer, ChangeSignal wake, TimeProvider time)
{
    private readonly ChangeSignal _changes = new();
    private readonly Dictionary<int, ActivityContext> _traces = []; // of the first reader that waits for a block
    private TimeSpan _latency;

    /// <summary>A task that completes at the next change that a waiting reader may want to see. To be taken before looking.</summary>
    public Task Changed => _changes.Next;

    /// <summary>The failure that keeps the gateway from calling the upstream; null without one.</summary>
    public NclueFailure? Failure
    {
        get
        {
            lock (gate)
            {
                return CurrentFailure;
            }
        }
    }

    /// <summary>Determines whether a departure is open now, no reader waits for it, and the block can have it.</summary>
    public bool IsOpenFor(int block)
    {
        lock (gate)
        {
            return schedule.Waits == 0 && !schedule.IsFull && CurrentFailure is null && health.RemainingDelay == TimeSpan.Zero
                && schedule.Unreadable(block, time.GetTimestamp()) is null && pacer.UntilOpen == TimeSpan.Zero;
        }
    }

    /// <summary>Begins the wait of one reader, which disposing ends.</summary>
    public ReaderWait Begin(CallerKey caller) => new(this, caller);

    /// <summary>Wakes the refresher: a read has given it a reason to refresh.</summary>
    public void Wake() => wake.Raise();

    /// <summary>Remembers the blocks of a reader that was refused, so that it finds them when it retries.</summary>
    public void DeferToRetry(CallerKey caller, IEnumerable<int> blocks)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            foreach (var block in blocks)
            {
                schedule.DeferToRetry(caller, block, now);
            }
        }

        Wake();
    }

    /// <summary>
    /// Replaces the blocks that a reader waits for: adds those in <paramref name="needed"/>, removes the others, and updates
    /// <paramref name="registered"/> to match.
    /// </summary>
    internal WaitForecast Update(CallerKey caller, List<int> registered, IReadOnlyCollection<int> needed)
    {
        lock (gate)
        {
            foreach (var block in registered.Except(needed).ToList())
            {
                schedule.Remove(caller, block);
                registered.Remove(block);
                _traces.Remove(block);
            }

            var now = time.GetTimestamp();
            var isCollapsed = needed.All(block => schedule.IsAskedFor(block, now));
            var isOverQuota = false;
            foreach (var block in needed.Except(registered).ToList())
            {
                if (!schedule.TryAdd(caller, block, now))
                {
                    isOverQuota = true;
                    continue;
                }

                registered.Add(block);
                if (Activity.Current is { } reader)
                {
                    _traces.TryAdd(block, reader.Context);
                }

                Wake();
            }

            return new(
                isOverQuota,
                isCollapsed,
                needed.Select(block => Expected(block, now)).DefaultIfEmpty().Max(),
                needed.Any(block => schedule.InFlightFor(block, now) >= pacer.Interval), // one that has just departed is not late
                needed.Select(block => schedule.Unreadable(block, now)).FirstOrDefault(failure => failure is not null) ?? CurrentFailure);
        }
    }

    /// <summary>Takes the trace of the first reader that waits for a block, for the call that departs for it.</summary>
    internal ActivityContext TakeTrace(int block)
    {
        lock (gate)
        {
            _traces.Remove(block, out var reader);
            return reader;
        }
    }

    /// <summary>Learns from a response how long one takes. Under the lock.</summary>
    internal void ObserveLatency(TimeSpan latency) => _latency += (latency - _latency) / 4;

    /// <summary>Signals a change to the readers that wait, and to the refresher.</summary>
    internal void SignalChange()
    {
        _changes.Raise();
        Wake();
    }

    private NclueFailure? CurrentFailure => health.CurrentFailure(schedule.InFlight > 0);

    /// <summary>Estimates the time until the block has come.</summary>
    private TimeSpan Expected(int block, long now)
    {
        if (schedule.InFlightFor(block, now) is { } since)
        {
            return since < _latency ? _latency - since : TimeSpan.Zero;
        }

        var open = pacer.UntilOpen ?? pacer.Interval;
        open = open > health.RemainingDelay ? open : health.RemainingDelay;
        if (open == TimeSpan.MaxValue)
        {
            return open;
        }

        var perBlock = _latency / RefreshQueue.MaxInFlight;
        perBlock = perBlock > pacer.Interval ? perBlock : pacer.Interval;
        return open + (perBlock * (schedule.DeparturesBefore(block, now) ?? 0)) + _latency;
    }
}

/// <summary>One reader's wait. It keeps its place while what it needs changes.</summary>
internal sealed class ReaderWait(ReaderWaits waits, CallerKey caller) : IDisposable
{
    private readonly List<int> _registered = [];

    /// <summary>Waits for these blocks from now on, and returns what to expect.</summary>
    public WaitForecast For(IReadOnlyCollection<int> blocks) => waits.Update(caller, _registered, blocks);

    public void Dispose() => waits.Update(caller, _registered, []);
}

/// <summary>What a waiting reader can expect.</summary>
/// <param name="IsOverQuota">Its caller waits for as many blocks as it may (<c>Quota:ColdBlocks</c>); it does not wait for all it asked for.</param>
/// <param name="IsCollapsed">Other readers had asked for all of it before.</param>
/// <param name="Expected">The estimated time until it has come.</param>
/// <param name="IsOverdue">Whether a call for it has been in flight for so long that the next could have departed.</param>
/// <param name="Failure">The last failure, while it stands.</param>
internal readonly record struct WaitForecast(
    bool IsOverQuota, bool IsCollapsed, TimeSpan Expected, bool IsOverdue, NclueFailure? Failure);
