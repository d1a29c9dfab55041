using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Chooses the next block to request from the upstream: first blocks that readers wait for, then blocks of readers that
/// were refused and will retry, then wanted blocks and rows of the snapshot that are due, the oldest first, then rows
/// that complete the snapshot. When a wanted block is older than 2 × <c>Cache:FreshFor</c>, waiting readers get only
/// every second request. So a caller that scans the list does not starve the pages that other callers read. Every
/// fourth permit may go to rows that complete the snapshot.
/// </summary>
/// <remarks>Not thread-safe. Its methods do not wait, and take the time as an argument.</remarks>
internal sealed class RefreshQueue(
    BlockCache blockCache, IUpstreamCoordinator coordinator, ISharedBlocks shared, IWholeListReader wholeList,
    CacheOptions cache, QuotaOptions quota, TimeProvider time)
{
    /// <summary>Maximum number of requests in flight: more than one, so that a slow upstream does not lower the rate.</summary>
    public const int MaxInFlight = 3;

    /// <summary>Age of overdue rows, as a multiple of the age at which they were due.</summary>
    private const double OverdueUrgency = 2;

    private readonly FairQueue _demand = new();
    private readonly List<DeferredRead> _deferred = [];
    private readonly Dictionary<int, bool> _requestedOnce = []; // blocks; true for one whose copy may be fresh
    private readonly Dictionary<int, long> _inFlight = [];
    private readonly Dictionary<int, (ExponentialBackoff Wait, NclueFailure Failure)> _unreadable = [];
    private readonly DueBlocks _due = new(blockCache, cache, time);
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
        position += wholeList.NextBackground(now, _ => true) is null ? 0 : position / 3; // every fourth permit is a background read's
        return _order!.Value.HasOverdue ? (2 * position) + 1 : position;

        bool IsToBeAskedFor(int other) => InFlightFor(other, now) is null && _due.IsDue(other, now);
    }

    /// <summary>Returns the age of the block's request in flight, of any replica; null when there is none.</summary>
    public TimeSpan? InFlightFor(int block, long now) =>
        _inFlight.TryGetValue(block, out var departedAt) ? time.GetElapsedTime(departedAt, now) : coordinator.UnderWayElsewhere(block);

    /// <summary>Returns true if a reader or a refresh needs a newer copy of the block now.</summary>
    public bool Wants(int block, long now) =>
        block <= blockCache.Extent.HighestFetchableBlock && _due.IsDue(block, now) && !shared.IsLooking(block)
        && (_demand.Contains(block) || _requestedOnce.ContainsKey(block) || _deferred.Exists(s => s.Block == block)
            || _due.IsWanted(block, now));

    /// <summary>Returns the block to request next; null when there is none now.</summary>
    public ScheduledFetch? Next(long now)
    {
        var hasTurn = coordinator.IsBackgroundTurn && (coordinator.ServedWait || _demand.BlockCount == 0);
        if (hasTurn && wholeList.NextBackground(now, block => IsFree(block, now)) is { } turn)
        {
            return ForWholeList(turn, FetchPriority.Overdue);
        }

        var whole = wholeList.NextDue(now, block => IsFree(block, now));
        if (coordinator.ServedWait && whole is { Urgency: > OverdueUrgency } late && IsMoreUrgent(late, Overdue(now), now))
        {
            return ForWholeList(late, FetchPriority.Overdue);
        }

        if (coordinator.ServedWait && Overdue(now) is { } overdue)
        {
            return new(overdue, FetchPriority.Overdue, _due.DepartedAt(overdue), null);
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

        // A block to be requested once has no copy, or one that is proved wrong: it comes before all due blocks.
        var due = _requestedOnce.Where(block => block.Value ? IsAvailable(block.Key, now) : IsEligible(block.Key, now))
            .Select(block => (int?)block.Key).FirstOrDefault();
        if (due is null)
        {
            due = OldestDue(now);
            if (whole is { } fetch && IsMoreUrgent(fetch, due, now))
            {
                return ForWholeList(fetch, fetch.Urgency > OverdueUrgency ? FetchPriority.Overdue : FetchPriority.Due);
            }
        }

        if (due is null && wholeList.NextBackground(now, block => IsFree(block, now)) is { } background)
        {
            return ForWholeList(background, FetchPriority.Background);
        }

        return due is { } block
            ? new(block, _due.IsOverdue(block, now) ? FetchPriority.Overdue : FetchPriority.Due, _due.DepartedAt(block), null)
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
    /// <param name="block">The block.</param>
    /// <param name="evenFresh">True if its copy is wrong, however fresh it is.</param>
    public void RequestOnce(int block, bool evenFresh = false) =>
        _requestedOnce[block] = evenFresh || _requestedOnce.GetValueOrDefault(block);

    /// <inheritdoc cref="DueBlocks.Wanted"/>
    public (int Count, long? Oldest) Wanted(long now) => _due.Wanted(now);

    /// <summary>Returns the time until a block becomes due or ends its back-off; null without such a block.</summary>
    public TimeSpan? UntilNext(long now)
    {
        var backOffs = _unreadable.Values.Select(entry => entry.Wait.LeftAt(now)).Where(left => left > TimeSpan.Zero);
        return backOffs.Select(left => (TimeSpan?)left).Append(_due.UntilNext(now, block => IsAvailable(block, now)))
            .Append(wholeList.UntilNext(now)).Min();
    }

    /// <summary>Returns the blocks that readers wait for and that are not in flight, in the order of turns.</summary>
    private List<int> Order(long now)
    {
        _order ??= (_demand.InOrder(b => IsEligible(b, now)).Distinct().ToList(), Overdue(now) is not null);
        return _order.Value.Blocks;
    }

    private int? Overdue(long now) => OldestDue(now) is { } block && _due.IsOverdue(block, now) ? block : null;

    private int? OldestDue(long now) => _due.Oldest(now, block => IsAvailable(block, now));

    private bool IsEligible(int block, long now) => _due.IsDue(block, now) && IsAvailable(block, now);

    private bool IsAvailable(int block, long now) =>
        block <= blockCache.Extent.HighestFetchableBlock && !shared.IsLooking(block) && IsFree(block, now);

    private bool IsFree(int block, long now) => InFlightFor(block, now) is null && Unreadable(block, now) is null;

    private static ScheduledFetch ForWholeList(WholeListFetch fetch, FetchPriority priority) =>
        new(fetch.Number, priority, fetch.Since, null, IsForWholeList: true);

    private bool IsMoreUrgent(WholeListFetch fetch, int? block, long now) =>
        block is null || fetch.IsEdge || fetch.Urgency > _due.Urgency(block.Value, now);

    private readonly record struct DeferredRead(int Block, CallerKey Caller, long At);
}
