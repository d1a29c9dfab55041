using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Decides which block to ask the upstream for next: first what readers wait for, then what readers were sent away for, then what is
/// wanted and due, the oldest first. When a wanted block is older than 2 × <c>Cache:FreshFor</c>, waits get every second departure only,
/// so that nobody's scan starves what everybody watches.
/// </summary>
/// <remarks>Not thread-safe; no waiting, no clock of its own.</remarks>
internal sealed class RefreshQueue(
    BlockCache list, IUpstreamCoordinator pacer, ISharedBlocks shared, CacheOptions cache, QuotaOptions quota, TimeProvider time)
{
    /// <summary>Maximum number of calls in flight. Departures are paced, completions are not: a slow upstream must not halve the budget.</summary>
    public const int MaxInFlight = 3;

    /// <summary>
    /// A block is due this much after it stops being fresh, so that its arrivals upstream stay <c>Cache:FreshFor</c> apart even when the
    /// first one took longer on its way.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly FairQueue _demand = new();
    private readonly List<DeferredRead> _sentAway = [];
    private readonly HashSet<int> _owed = [];
    private readonly Dictionary<int, long> _inFlight = [];
    private readonly Dictionary<int, (ExponentialBackoff Wait, NclueFailure Failure)> _unreadable = [];
    private readonly long _dueAfter = time.Ticks(cache.FreshFor + Slack);
    private readonly long _overdueAfter = time.Ticks(cache.FreshFor * 2);
    private readonly long _interest = time.Ticks(cache.InterestFor);
    private (List<int> Blocks, bool HasOverdue)? _order;

    /// <summary>Number of calls of this replica in flight.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Whether no further call may depart before one has ended.</summary>
    public bool IsFull => _inFlight.Count >= MaxInFlight;

    /// <summary>How many blocks callers wait for; one that two callers wait for counts twice.</summary>
    public int Waits => _demand.Count();

    /// <summary>What readers wait for.</summary>
    public Backlog Queue(long now) => new(_demand.BlockCount, _demand.CallerCount, Order(now));

    /// <summary>One more reader waits for a block. False when its caller waits for as many blocks as it may.</summary>
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

    /// <summary>One reader waits no longer.</summary>
    public void Remove(CallerKey caller, int block)
    {
        _demand.Remove(caller, block);
        _order = null;
    }

    /// <summary>A reader was sent away and will come back for the block. Each caller has its newest few remembered.</summary>
    public void DeferToRetry(CallerKey caller, int block, long now)
    {
        _sentAway.RemoveAll(s => now - s.At > _interest);
        var at = _sentAway.FindIndex(s => s.Block == block);
        if (at >= 0)
        {
            _sentAway[at] = _sentAway[at] with { At = now }; // it keeps its place
            return;
        }

        if (_sentAway.Count(s => s.Caller == caller) >= quota.ColdBlocks)
        {
            _sentAway.RemoveAt(_sentAway.FindIndex(s => s.Caller == caller));
        }

        _sentAway.Add(new(block, caller, now));
    }

    /// <summary>Whether somebody waits for the block, or it is being asked for.</summary>
    public bool IsAskedFor(int block, long now) => InFlightFor(block, now) is not null || _demand.Contains(block);

    /// <summary>Why the block alone cannot be had, while it backs off.</summary>
    public NclueFailure? Unreadable(int block, long now) =>
        _unreadable.TryGetValue(block, out var entry) && entry.Wait.LeftAt(now) > TimeSpan.Zero ? entry.Failure : null;

    /// <summary>How many departures come before the block's own; null when it is in flight.</summary>
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
            var ahead = _sentAway.FindIndex(s => s.Block == block);
            position += ahead < 0 ? _sentAway.Count : ahead;
        }

        // The callers of other replicas take their turns in between: as many rounds of them as of this replica's own callers.
        var rounds = 1 + (position / Math.Max(1, _demand.CallerCount));
        var inBetween = new HashSet<int>();
        var unnamed = 0;
        foreach (var queue in pacer.Elsewhere)
        {
            var turns = Math.Min(queue.Blocks, queue.Callers * rounds);
            if (queue.Order is not { } order)
            {
                unnamed += turns; // a replica of the release before does not tell which blocks they are
                continue;
            }

            inBetween.UnionWith(order.Take(turns).TakeWhile(other => other != block));
        }

        // One departure serves all replicas.
        inBetween.ExceptWith(before);
        position += unnamed + inBetween.Count(IsToBeAskedFor);
        return _order!.Value.HasOverdue ? (2 * position) + 1 : position;

        bool IsToBeAskedFor(int other) => InFlightFor(other, now) is null && Age(other, now) >= _dueAfter;
    }

    /// <summary>How long ago the block's call departed, of this replica or of another; null when there is none.</summary>
    public TimeSpan? InFlightFor(int block, long now) =>
        _inFlight.TryGetValue(block, out var departedAt) ? time.GetElapsedTime(departedAt, now) : pacer.UnderWayElsewhere(block);

    /// <summary>Whether a newer copy of the block would serve anybody now.</summary>
    public bool Wants(int block, long now) =>
        block <= list.Extent.HighestFetchableBlock && Age(block, now) >= _dueAfter && !shared.IsLooking(block)
        && (_demand.Contains(block) || _owed.Contains(block) || _sentAway.Exists(s => s.Block == block)
            || (list.TryGet(block, out var held) && IsWanted(held, now)));

    /// <summary>The block to ask for next, or null when there is nothing to ask for now.</summary>
    public ScheduledFetch? Next(long now)
    {
        if (pacer.ServedWait && Overdue(now) is { } overdue)
        {
            return new(overdue, FetchPriority.Overdue, DepartedAt(overdue), null);
        }

        if (_demand.Next(b => IsEligible(b, now)) is var (caller, wanted, since))
        {
            return new(wanted, FetchPriority.Wait, since, caller);
        }

        foreach (var sent in _sentAway)
        {
            if (now - sent.At <= _interest && IsEligible(sent.Block, now))
            {
                return new(sent.Block, FetchPriority.Wait, sent.At, null);
            }
        }

        // A block that is owed has no copy, or one that is proved wrong: nothing is older.
        return (_owed.Where(b => IsEligible(b, now)).Select(b => (int?)b).FirstOrDefault() ?? OldestDue(now)) is { } due
            ? new(due, Age(due, now) > _overdueAfter ? FetchPriority.Overdue : FetchPriority.Due, DepartedAt(due), null)
            : null;
    }

    /// <summary>What <see cref="Next"/> picked departs at timestamp <paramref name="now"/>.</summary>
    public void Departed(ScheduledFetch pick, long now)
    {
        _inFlight[pick.Block] = now;
        _order = null;
        if (pick.Caller is { } caller)
        {
            _demand.Served(caller, now);
        }
    }

    /// <summary>The block's call has ended. With <paramref name="failure"/>, the block alone is not asked for again for a while.</summary>
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

    /// <summary>Another replica has fetched the block.</summary>
    public void Satisfied(int block)
    {
        _order = null;
        _unreadable.Remove(block);
        _owed.Remove(block);
        _sentAway.RemoveAll(s => s.Block == block);
    }

    /// <summary>The block's call ended without saying anything about the block.</summary>
    public void Cancel(int block)
    {
        _inFlight.Remove(block);
        _order = null;
    }

    /// <summary>Requests the block once, whether or not a reader wants it.</summary>
    public void RequestOnce(int block) => _owed.Add(block);

    /// <summary>How many blocks are kept fresh, and when the oldest of them departed; null without one.</summary>
    public (int Count, long? Oldest) Wanted(long now)
    {
        var wanted = list.Blocks.Where(held => IsWanted(held, now)).Select(held => held.Block.DepartedAt).ToList();
        return (wanted.Count, wanted.Count > 0 ? wanted.Min() : null);
    }

    /// <summary>How long until a block becomes due or stops backing off; null when no time alone brings anything to do.</summary>
    public TimeSpan? UntilNext(long now)
    {
        TimeSpan? soonest = null;
        foreach (var held in list.Blocks)
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

    /// <summary>The blocks that readers wait for and that are still to be asked for, in the order of their turns.</summary>
    private List<int> Order(long now)
    {
        _order ??= (_demand.InOrder(b => IsEligible(b, now)).Distinct().ToList(), Overdue(now) is not null);
        return _order.Value.Blocks;
    }

    private int? Overdue(long now) => OldestDue(now) is { } block && Age(block, now) > _overdueAfter ? block : null;

    private int? OldestDue(long now)
    {
        (int Number, long DepartedAt)? oldest = null;
        foreach (var held in list.Blocks)
        {
            var (number, departedAt) = (held.Block.Number, held.Block.DepartedAt);
            if (IsWanted(held, now) && (oldest is null || (departedAt, number).CompareTo((oldest.Value.DepartedAt, oldest.Value.Number)) < 0)
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
        block <= list.Extent.HighestFetchableBlock && InFlightFor(block, now) is null && !shared.IsLooking(block) && Unreadable(block, now) is null;

    private long Age(int block, long now) => list.TryGet(block, out var held) ? now - held.Block.DepartedAt : long.MaxValue;

    private long DepartedAt(int block) => list.TryGet(block, out var held) ? held.Block.DepartedAt : 0;

    private readonly record struct DeferredRead(int Block, CallerKey Caller, long At);
}

/// <summary>The block to ask for next.</summary>
/// <param name="Block">Its number.</param>
/// <param name="Class">For whom: a reader who was sent away for it and comes back counts as one who waits.</param>
/// <param name="Since">The timestamp since when the reader has stood in line, or of the block's departure.</param>
/// <param name="Caller">The waiting caller whose turn it is.</param>
internal readonly record struct ScheduledFetch(int Block, FetchPriority Class, long Since, CallerKey? Caller);
