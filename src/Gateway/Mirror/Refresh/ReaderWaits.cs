using System.Diagnostics;
using NclueGateway.Access.Callers;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// The readers that wait for blocks, and a forecast for each of them. The queue is shared with the refresher, under one
/// lock.
/// </summary>
internal sealed class ReaderWaits(
    Lock gate, RefreshQueue queue, UpstreamBackoff backoff, IUpstreamCoordinator coordinator, ChangeSignal wake, TimeProvider time)
{
    private readonly ChangeSignal _changes = new();
    // Per block: the trace of the first reader that waits for it.
    private readonly Dictionary<int, ActivityContext> _traces = [];
    private TimeSpan _latency;

    /// <summary>
    /// A task that completes at the next change that may concern a waiting reader. Read it before looking for blocks,
    /// so that no change is missed.
    /// </summary>
    public Task Changed => _changes.Next;

    /// <summary>The failure that prevents requests to the upstream; null without one.</summary>
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

    /// <summary>Returns true if a request for the block may be sent at once and no reader waits.</summary>
    public bool IsOpenFor(int block)
    {
        lock (gate)
        {
            return queue.Waits == 0 && !queue.IsFull && CurrentFailure is null && backoff.RemainingDelay == TimeSpan.Zero
                && queue.Unreadable(block, time.GetTimestamp()) is null && coordinator.UntilOpen == TimeSpan.Zero;
        }
    }

    /// <summary>Begins the wait of one reader. Disposing the result ends the wait.</summary>
    public ReaderWait Begin(CallerKey caller) => new(this, caller);

    /// <summary>Wakes the refresher after a read that gives it a reason to refresh.</summary>
    public void Wake() => wake.Raise();

    /// <summary>Remembers the blocks of a reader that was refused, so that they are cached when it retries.</summary>
    public void DeferToRetry(CallerKey caller, IEnumerable<int> blocks)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            foreach (var block in blocks)
            {
                queue.DeferToRetry(caller, block, now);
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
                queue.Remove(caller, block);
                registered.Remove(block);
                _traces.Remove(block);
            }

            var now = time.GetTimestamp();
            var isCollapsed = needed.All(block => queue.IsAskedFor(block, now));
            var isOverQuota = false;
            foreach (var block in needed.Except(registered).ToList())
            {
                if (!queue.TryAdd(caller, block, now))
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
                // A request that has just departed is not overdue.
                needed.Any(block => queue.InFlightFor(block, now) >= coordinator.Interval),
                needed.Select(block => queue.Unreadable(block, now)).FirstOrDefault(failure => failure is not null) ?? CurrentFailure);
        }
    }

    /// <summary>
    /// Removes and returns the trace of the first reader that waits for a block, for the request that departs for it.
    /// </summary>
    internal ActivityContext TakeTrace(int block)
    {
        lock (gate)
        {
            _traces.Remove(block, out var reader);
            return reader;
        }
    }

    /// <summary>Updates the estimated latency after a response. Called under the lock.</summary>
    internal void ObserveLatency(TimeSpan latency) => _latency += (latency - _latency) / 4;

    /// <summary>Signals a change to the readers that wait, and to the refresher.</summary>
    internal void SignalChange()
    {
        _changes.Raise();
        Wake();
    }

    private NclueFailure? CurrentFailure => backoff.CurrentFailure(queue.InFlight > 0);

    /// <summary>Estimates the time until the block has been received.</summary>
    private TimeSpan Expected(int block, long now)
    {
        if (queue.InFlightFor(block, now) is { } since)
        {
            return since < _latency ? _latency - since : TimeSpan.Zero;
        }

        var open = coordinator.UntilOpen ?? coordinator.Interval;
        open = open > backoff.RemainingDelay ? open : backoff.RemainingDelay;
        if (open == TimeSpan.MaxValue)
        {
            return open;
        }

        var perBlock = _latency / RefreshQueue.MaxInFlight;
        perBlock = perBlock > coordinator.Interval ? perBlock : coordinator.Interval;
        return open + (perBlock * (queue.DeparturesBefore(block, now) ?? 0)) + _latency;
    }
}

/// <summary>The wait of one reader. It keeps its place in the queue when the blocks that it needs change.</summary>
internal sealed class ReaderWait(ReaderWaits waits, CallerKey caller) : IDisposable
{
    private readonly List<int> _registered = [];

    /// <summary>Replaces the blocks that the reader waits for, and returns the forecast.</summary>
    public WaitForecast For(IReadOnlyCollection<int> blocks) => waits.Update(caller, _registered, blocks);

    public void Dispose() => waits.Update(caller, _registered, []);
}

/// <summary>The forecast for a waiting reader.</summary>
/// <param name="IsOverQuota">
/// True if its caller already waits for the maximum number of blocks (<c>Quota:ColdBlocks</c>): the reader does not
/// wait for all its blocks.
/// </param>
/// <param name="IsCollapsed">True if all its blocks were requested or waited for before.</param>
/// <param name="Expected">Estimated time until all its blocks have been received.</param>
/// <param name="IsOverdue">
/// True if a request for one of its blocks has been in flight for at least one interval.
/// </param>
/// <param name="Failure">The failure that prevents requests to the upstream; null without one.</param>
internal readonly record struct WaitForecast(
    bool IsOverQuota, bool IsCollapsed, TimeSpan Expected, bool IsOverdue, NclueFailure? Failure);
