using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Chooses the next block to request from the upstream: first blocks that readers wait for, then blocks of readers that
/// were refused and will retry, then wanted blocks that are due, the oldest first. When a wanted block is older than 2
/// × <c>Cache:FreshFor</c>, waiting readers get only every second request. So a caller that scans the list does not
/// starve the pages that other callers read.
/// </summary>
/// <remarks>Not thread-safe. Its methods do not wait, and take the time as an argument.</remarks>
internal sealed class RefreshQueue(
    BlockCache blockCache, IUpstreamCoordinator coordinator, ISharedBlocks shared,
    CacheOptions cache, QuotaOptions quota, TimeProvider time)
{
    /// <summary>Maximum number of requests in flight: more than one, so that a slow upstream does not lower the rate.</summary>
    public const int MaxInFlight = 3;

    /// <summary>
    /// Time between the end of a block's freshness and its next request. It keeps the arrivals of two requests at the
    /// upstream at least <c>Cache:FreshFor</c> apart, even when the first one took longer on its way.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly FairQueue _demand = new();
    private readonly List<DeferredRead> _deferred = [];
    private readonly HashSet<int> _requestedOnce = [];
    private readonly Dictionary<int, long> _inFlight = [];
    private readonly Dictionary<int, (ExponentialBackoff Wait, NclueFailure Failure)> _unreadable = [];
    private readonly long _dueAfter = time.Ticks(cache.FreshFor + Slack);
    private readonly long _overdueAfter = time.Ticks(cache.FreshFor * 2);
    private readonly long _interest = time.Ticks(cache.InterestFor);
    private (List<int> Blocks, bool HasOverdue)? _order;

    /// <summary>Number of requests of this replica in flight.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>True if no request may depart before another one has ended.</summary>
    public bool IsFull => _inFlight.Count >= MaxInFlight;

    /// <summary>Number of blocks that callers wait for; a block that two callers wait for counts twice.</summary>
    public int Waits => _demand.Count();

    /// <summary>Returns the backlog of blocks that readers wait for.</summary>
    public Backlog Queue(long now) => new(_demand.BlockCount, _demand.CallerCount, Order(now));

    /// <summary>Adds a reader of a block. Returns false when its caller already waits for the maximum number.</summary>
    public bool TryAdd(CallerKey caller, int block, long now)
    {
        if (_demand.Count(caller) >= quota.ColdBlocks && !_demand.Contains(caller, block))
        {
            return false;
        }

        _demand.Add(caller, block, now);
        _order = null;
        return true;
    }

    /// <summary>Removes a reader that no longer waits for a block.</summary>
    public void Remove(CallerKey caller, int block)
    {
        _demand.Remove(caller, block);
        _order = null;
    }

    /// <summary>Remembers the block of a refused reader that will retry: the newest <c>Quota:ColdBlocks</c> per caller.</summary>
    public void DeferToRetry(CallerKey caller, int block, long now)
    {
        _deferred.RemoveAll(s => now - s.At > _interest);
        var at = _deferred.FindIndex(s => s.Block == block);
        if (at >= 0)
        {
            _deferred[at] = _deferred[at] with { At = now }; // it keeps its place
            return;
        }

        if (_deferred.Count(s => s.Caller == caller) >= quota.ColdBlocks)
        {
            _deferred.RemoveAt(_deferred.FindIndex(s => s.Caller == caller));
        }

        _deferred.Add(new(block, caller, now));
    }

    /// <summary>Returns true if a reader waits for the block, or a request for it is in flight.</summary>
    public bool IsAskedFor(int block, long now) => InFlightFor(block, now) is not null || _demand.Contains(block);

    /// <summary>Returns the failure of this block alone, while its back-off lasts; otherwise null.</summary>
    public NclueFailure? Unreadable(int block, long now) =>
        _unreadable.TryGetValue(block, out var entry) && entry.Wait.LeftAt(now) > TimeSpan.Zero ? entry.Failure : null;

    /// <summary>
    /// Estimates the number of requests before that of the block; null if the block's request is in flight.
    /// </summary>
    public int? DeparturesBefore(int block, long now)
    {
        if (InFlightFor(block, now) is not null)
        {
            return null;
        }

        var blocks = Order(now);
        var before = blocks.TakeWhile(other => other != block).Where(IsToBeAskedFor).ToHashSet();
        var position = before.Count;
        if (!blocks.Contains(block))
        {
            var ahead = _deferred.FindIndex(s => s.Block == block);
            position += ahead < 0 ? _deferred.Count : ahead;
        }

        // The callers of other replicas take turns with this replica's callers, so each of them gets the same number of
        // turns.
        var rounds = 1 + (position / Math.Max(1, _demand.CallerCount));
        var inBetween = new HashSet<int>();
        var unnamed = 0;
        foreach (var queue in coordinator.BacklogOfOtherReplicas)
        {
            var turns = Math.Min(queue.Blocks, queue.Callers * rounds);
            if (queue.Order is not { } order)
            {
                unnamed += turns; // a replica of the previous release does not send the block numbers
                continue;
            }

            inBetween.UnionWith(order.Take(turns).TakeWhile(other => other != block));
        }

        // A block that more than one replica waits for needs only one request.
        inBetween.ExceptWith(before);
        position += unnamed + inBetween.Count(IsToBeAskedFor);
        return _order!.Value.HasOverdue ? (2 * position) + 1 : position;

        bool IsToBeAskedFor(int other) => InFlightFor(other, now) is null && Age(other, now) >= _dueAfter;
    }

    /// <summary>Returns the age of the block's request in flight, of any replica; null when there is none.</summary>
    public TimeSpan? InFlightFor(int block, long now) =>
        _inFlight.TryGetValue(block, out var departedAt) ? time.GetElapsedTime(departedAt, now) : coordinator.UnderWayElsewhere(block);

    /// <summary>Returns true if a reader or a refresh needs a newer copy of the block now.</summary>
    public bool Wants(int block, long now) =>
        block <= blockCache.Extent.HighestFetchableBlock && Age(block, now) >= _dueAfter && !shared.IsLooking(block)
        && (_demand.Contains(block) || _requestedOnce.Contains(block) || _deferred.Exists(s => s.Block == block)
            || (blockCache.TryGet(block, out var held) && IsWanted(held, now)));

    /// <summary>Returns the block to request next; null when there is none now.</summary>
    public ScheduledFetch? Next(long now)
    {
        if (coordinator.ServedWait && Overdue(now) is { } overdue)
        {
            return new(overdue, FetchPriority.Overdue, DepartedAt(overdue), null);
        }

        if (_demand.Next(b => IsEligible(b, now)) is var (caller, wanted, since))
        {
            return new(wanted, FetchPriority.Wait, since, caller);
        }

        foreach (var deferred in _deferred)
        {
            if (now - deferred.At <= _interest && IsEligible(deferred.Block, now))
            {
                return new(deferred.Block, FetchPriority.Wait, deferred.At, null);
            }
        }

        // A block that was requested once has no copy, or a copy that is proved wrong, so it comes before all due blocks.
        return (_requestedOnce.Where(b => IsEligible(b, now)).Select(b => (int?)b).FirstOrDefault() ?? OldestDue(now)) is { } due
            ? new(due, Age(due, now) > _overdueAfter ? FetchPriority.Overdue : FetchPriority.Due, DepartedAt(due), null)
            : null;
    }

    /// <summary>Records that the request for a block of <see cref="Next"/> departs.</summary>
    public void Departed(ScheduledFetch pick, long now)
    {
        _inFlight[pick.Block] = now;
        _order = null;
        if (pick.Caller is { } caller)
        {
            _demand.Served(caller, now);
        }
    }

    /// <summary>Records the end of the block's request. After a failure of this block alone, it backs off.</summary>
    public void Complete(int block, NclueFailure? failure)
    {
        _inFlight.Remove(block, out var departedAt);
        _order = null;
        if (failure is null)
        {
            Satisfied(block);
            return;
        }

        var wait = _unreadable.TryGetValue(block, out var entry)
            ? entry.Wait
            : new ExponentialBackoff(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        wait.Failed(departedAt);
        _unreadable[block] = (wait, failure);
    }

    /// <summary>Records that the block has been fetched, by this replica or another one.</summary>
    public void Satisfied(int block)
    {
        _order = null;
        _unreadable.Remove(block);
        _requestedOnce.Remove(block);
        _deferred.RemoveAll(s => s.Block == block);
    }

    /// <summary>Records the end of the block's request after a failure that concerns all requests.</summary>
    public void Cancel(int block)
    {
        _inFlight.Remove(block);
        _order = null;
    }

    /// <summary>Schedules one request for the block, even if no reader wants it.</summary>
    public void RequestOnce(int block) => _requestedOnce.Add(block);

    /// <summary>Returns the number of blocks that are kept fresh, and the departure of the oldest; null without one.</summary>
    public (int Count, long? Oldest) Wanted(long now)
    {
        var wanted = blockCache.Blocks.Where(held => IsWanted(held, now)).Select(held => held.Block.DepartedAt).ToList();
        return (wanted.Count, wanted.Count > 0 ? wanted.Min() : null);
    }

    /// <summary>Returns the time until a block becomes due or ends its back-off; null without such a block.</summary>
    public TimeSpan? UntilNext(long now)
    {
        TimeSpan? soonest = null;
        foreach (var held in blockCache.Blocks)
        {
            if (IsWanted(held, now) && IsAvailable(held.Block.Number, now))
            {
                Consider(time.GetElapsedTime(now, Math.Max(now, held.Block.DepartedAt + _dueAfter)));
            }
        }

        foreach (var (wait, _) in _unreadable.Values)
        {
            if (wait.LeftAt(now) is { Ticks: > 0 } left)
            {
                Consider(left);
            }
        }

        return soonest;

        void Consider(TimeSpan wait) => soonest = soonest < wait ? soonest : wait;
    }

    /// <summary>Returns the blocks that readers wait for and that are not in flight, in the order of turns.</summary>
    private List<int> Order(long now)
    {
        _order ??= (_demand.InOrder(b => IsEligible(b, now)).Distinct().ToList(), Overdue(now) is not null);
        return _order.Value.Blocks;
    }

    private int? Overdue(long now) => OldestDue(now) is { } block && Age(block, now) > _overdueAfter ? block : null;

    private int? OldestDue(long now)
    {
        (int Number, long DepartedAt)? oldest = null;
        foreach (var held in blockCache.Blocks)
        {
            var (number, departedAt) = (held.Block.Number, held.Block.DepartedAt);
            if (IsWanted(held, now)
                && (oldest is null || (departedAt, number).CompareTo((oldest.Value.DepartedAt, oldest.Value.Number)) < 0)
                && IsEligible(number, now))
            {
                oldest = (number, departedAt);
            }
        }

        return oldest?.Number;
    }

    private bool IsWanted(BlockEntry held, long now) => !held.IsUnread && now - held.LastReadAt <= _interest;

    private bool IsEligible(int block, long now) => Age(block, now) >= _dueAfter && IsAvailable(block, now);

    private bool IsAvailable(int block, long now) =>
        block <= blockCache.Extent.HighestFetchableBlock
        && InFlightFor(block, now) is null
        && !shared.IsLooking(block)
        && Unreadable(block, now) is null;

    private long Age(int block, long now) => blockCache.TryGet(block, out var held) ? now - held.Block.DepartedAt : long.MaxValue;

    private long DepartedAt(int block) => blockCache.TryGet(block, out var held) ? held.Block.DepartedAt : 0;

    private readonly record struct DeferredRead(int Block, CallerKey Caller, long At);
}
