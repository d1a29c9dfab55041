using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// A model of <c>pacer.lua</c> in C#, which the simulation's Redis runs. A test compares the replies of both to the
/// same calls, so that the results of the simulation apply to the script.
/// </summary>
internal class PacerModel
{
    private readonly Dictionary<int, (string Replica, long Seen, int Count, FetchPriority Class, long Since, Backlog Queue)> _slots = [];
    private readonly Dictionary<int, (string Replica, long Since, long Until)> _flights = [];
    private readonly ModelBlocks _blocks = new();
    private readonly ModelRefusals _refusals = new();
    private long? _epoch;
    private long _skew;
    private long _clock;
    private long _next;
    private long _quiet;
    private long _pause;
    private string _why = "";
    private long _tick;
    private long _seen;
    private long _generation;
    private FetchPriority _last;
    private long _number;
    private int? _cycle;
    private int _previous;
    private long _cycled;
    private int _slotCount;

    /// <summary>Tops of the logs in this Redis, by key.</summary>
    public Dictionary<string, LogPosition> Logs { get; } = [];

    /// <summary>Runs a call at a time of the server's clock.</summary>
    public virtual CoordinatorResponse Run(CoordinatorRequest a, long clock)
    {
        var now = clock + _skew;
        var last = _clock;
        var most = a.Now + a.Unsure + a.Patience;
        var wasSet = a.Now > 0 && (now < a.Now || now > most);
        var least = now < a.Now ? most : last;
        var stoodStill = now < least;
        if (stoodStill)
        {
            _skew += least - now;
            now = least;
        }

        if (_epoch is null)
        {
            _epoch = now;
            _next = FirstDeparture(now, a.Interval);
        }

        if (wasSet || stoodStill)
        {
            _next = Math.Max(_next, now + a.Interval);
        }

        if (wasSet)
        {
            if (last <= most)
            {
                _quiet += _quiet > a.Now ? now - a.Now - a.Unsure : 0;
                _pause += _pause > a.Now ? now - a.Now - a.Unsure : 0;
            }

            a = a with { PausedUntil = a.PausedUntil > 0 ? a.PausedUntil + now - a.Now - a.Unsure : 0 };
        }

        _clock = now;
        _tick++;

        if (a.WasAway && now - _seen > a.Gap)
        {
            _quiet = Math.Max(_quiet, now + a.Quiet);
        }

        if (a.IsSettled)
        {
            _seen = now;
        }

        _pause = Math.Min(_pause, now + a.LongestPause);
        if (Math.Min(a.PausedUntil, now + a.LongestPause) > _pause)
        {
            (_pause, _why) = (Math.Min(a.PausedUntil, now + a.LongestPause), a.PausedFor);
        }

        _generation = Math.Max(_generation, a.Generation);

        var (slot, elsewhere, isOutbid) = TakeSlot(a, now);
        RenewFlights(a, now);
        var (outcome, value) = Decide(a, now, slot, isOutbid);
        return Reply(a, now, outcome, value, slot, elsewhere);
    }

    protected virtual long FirstDeparture(long now, long interval) => now + interval;

    protected virtual void Lease(CoordinatorRequest a, long now) => _flights[a.Block] = (a.Replica, now, now + (2 * a.Interval));

    protected virtual bool IsUnderWay(int block) => _flights.ContainsKey(block);

    protected virtual bool IsOpen(long now, long open) => now >= open;

    /// <summary>Grants a permit, even if none is available.</summary>
    protected virtual (string Outcome, long Value) Grant(CoordinatorRequest a, long now, int slot)
    {
        Depart(a, now, slot, a.Class);
        Lease(a, now);
        _flights.Remove(CoordinatorRequest.NoBlock);
        return (CoordinatorOutcome.Granted, _number);
    }

    private (int Slot, IReadOnlyList<Backlog> Elsewhere, bool IsOutbid) TakeSlot(CoordinatorRequest a, long now)
    {
        int? mine = null, free = null, hint = null;
        var size = a.ReplicaCount;
        var elsewhere = new List<Backlog>();
        var isOutbid = false;
        for (var i = 0; i < _slotCount; i++)
        {
            var isTaken = _slots.TryGetValue(i, out var s);
            if (isTaken && s.Replica == a.Replica)
            {
                mine = i;
            }
            else if (!isTaken || now - s.Seen > a.Lease)
            {
                free ??= i;
                hint = i == a.Slot ? i : hint;
            }
            else
            {
                size = Math.Max(size, Math.Max(i + 1, s.Count));
                if (now - s.Seen < 2 * a.Interval)
                {
                    elsewhere.Add(s.Queue with { Order = s.Queue.Order ?? [] });
                    isOutbid |= Rank(s.Class) < Rank(a.Class)
                        || (s.Class == FetchPriority.Wait && a.Class == FetchPriority.Wait && s.Since < a.Since);
                }
            }
        }

        hint = mine is null && a.Slot >= _slotCount ? a.Slot : hint;
        var slot = mine ?? hint ?? free ?? _slotCount;
        _slotCount = Math.Max(_slotCount, slot + 1);
        size = Math.Max(size, slot + 1);
        if (_cycle is null || (size != _cycle && now - _cycled >= a.Settle))
        {
            (_previous, _cycle, _cycled) = (_cycle ?? size, size, now);
        }

        _slots[slot] = (a.Replica, now, a.ReplicaCount, a.Class, a.Since, a.Queue);
        return (slot, elsewhere, isOutbid);
    }

    private double Rank(FetchPriority bid) => bid switch
    {
        FetchPriority.None => 9,
        FetchPriority.Overdue when _last == FetchPriority.Wait => 1.5,
        _ => (int)bid,
    };

    private void RenewFlights(CoordinatorRequest a, long now)
    {
        foreach (var (block, flight) in _flights.ToList())
        {
            if (flight.Replica == a.Replica && a.Flights.Contains(block))
            {
                _flights[block] = flight with { Until = now + (2 * a.Interval) };
            }

            if (_flights[block].Until <= now)
            {
                _flights.Remove(block);
            }
        }
    }

    private (string Outcome, long Value) Decide(CoordinatorRequest a, long now, int slot, bool isOutbid)
    {
        var open = Math.Max(_next, Math.Max(_quiet, _pause));
        var newest = _blocks.NewestOf(a.Block);
        switch (a.Operation)
        {
            case CoordinatorOperation.Claim when newest > a.Known:
                return (CoordinatorOutcome.Newer, newest);
            case CoordinatorOperation.Claim when IsUnderWay(a.Block):
                return (CoordinatorOutcome.UnderWay, 0);
            case CoordinatorOperation.Claim when !IsOpen(now, open):
                return (CoordinatorOutcome.Wait, open - now);
            case CoordinatorOperation.Claim when isOutbid && !IsOpen(now, open + a.Grace):
                return (CoordinatorOutcome.Wait, open + a.Grace - now);
            case CoordinatorOperation.Claim:
                return Grant(a, now, slot);

            case CoordinatorOperation.Write when a.Number > 0 && a.Number == _number && now >= Math.Max(_quiet, _pause):
                _next = Math.Max(_next, now + a.Interval);
                return (CoordinatorOutcome.Granted, _number);
            case CoordinatorOperation.Write when now >= open:
                Depart(a, now, slot, _last);
                return (CoordinatorOutcome.Granted, _number);
            case CoordinatorOperation.Write:
                return (CoordinatorOutcome.Wait, open - now);

            case CoordinatorOperation.Written:
                _next = Math.Max(_next, now + (a.IsNew ? 2 * a.Interval : a.Interval));
                return ("ok", 0);
            case CoordinatorOperation.Arrived when a.Number > 0 && a.Number == _number:
                _next = Math.Min(_next, now + a.Interval);
                return ("ok", 0);
            case CoordinatorOperation.End:
                return End(a, newest);
            case CoordinatorOperation.Pause:
                Pause(a, now);
                return ("ok", 0);
            case CoordinatorOperation.Leave:
                _slots[slot] = (a.Replica, 0, 0, FetchPriority.None, 0, default);
                return ("ok", 0);
            default:
                return ("ok", 0);
        }
    }

    private void Depart(CoordinatorRequest a, long now, int slot, FetchPriority bid)
    {
        _number++;
        _next = now + a.Interval;
        _last = bid;
        _slots[slot] = _slots[slot] with { Class = FetchPriority.None, Since = 0 };
    }

    private (string Outcome, long Value) End(CoordinatorRequest a, long newest)
    {
        if (_flights.TryGetValue(a.Block, out var flight) && flight.Replica == a.Replica)
        {
            _flights.Remove(a.Block);
        }

        if (a.End != FetchOutcome.Failed)
        {
            _refusals.Reset(a.Fetched);
        }

        if (a.End != FetchOutcome.Stored)
        {
            return ("ok", 0);
        }

        if (a.Fetched <= newest)
        {
            return (CoordinatorOutcome.Late, newest);
        }

        _blocks.Add(a.Block, a.Fetched);
        return (CoordinatorOutcome.Stored, newest);
    }

    private void Pause(CoordinatorRequest a, long now)
    {
        var wait = Math.Min(Math.Max(_refusals.Add(a, now), a.Asked), a.LongestPause);
        if (now + wait > _pause)
        {
            (_pause, _why) = (now + wait, a.Kind);
        }
    }

    private CoordinatorResponse Reply(
        CoordinatorRequest a, long now, string outcome, long value, int slot, IReadOnlyList<Backlog> elsewhere)
    {
        var (isAll, changes) = _blocks.ChangesFor(a, a.Epoch == _epoch, now);
        return new CoordinatorResponse
        {
            Outcome = outcome,
            Value = value,
            Now = now,
            Tick = _tick,
            Epoch = _epoch!.Value,
            Next = _next,
            Quiet = _quiet,
            Pause = _pause,
            PausedFor = _why,
            Last = _last,
            Number = _number,
            Slot = slot,
            Cycle = _cycle!.Value,
            PreviousCycle = _previous,
            CycledAt = _cycled,
            Generation = _generation,
            BacklogOfOtherReplicas = elsewhere,
            Flights = [.. _flights.Select(f => new InFlightFetch(f.Key, f.Value.Replica, f.Value.Since, f.Value.Until))],
            News = _blocks.Count,
            IsAll = isAll,
            Changes = changes,
            Log = Logs.TryGetValue(a.LogKey, out var top) ? top : null,
        };
    }
}
