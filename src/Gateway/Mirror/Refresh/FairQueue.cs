using NclueGateway.Access.Callers;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// The blocks that readers wait for, in the order in which they are served. Callers take turns, each with the block
/// that it has waited for the longest. So a caller that waits for many blocks delays only itself.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class FairQueue
{
    private readonly LinkedList<Turn> _turns = new();
    private readonly Dictionary<CallerKey, LinkedListNode<Turn>> _callers = [];
    private readonly Dictionary<int, int> _blocks = [];

    /// <summary>
    /// Returns the number of blocks that callers wait for; a block that two callers wait for counts twice.
    /// </summary>
    public int Count() => _blocks.Values.Sum();

    /// <summary>Returns the number of blocks that the caller waits for.</summary>
    public int Count(CallerKey caller) => _callers.TryGetValue(caller, out var turn) ? turn.Value.Waits.Count : 0;

    /// <summary>Returns true if the caller already waits for the block.</summary>
    public bool Contains(CallerKey caller, int block) =>
        _callers.TryGetValue(caller, out var turn) && turn.Value.Waits.Exists(w => w.Block == block);

    /// <summary>Returns true if any caller waits for the block.</summary>
    public bool Contains(int block) => _blocks.ContainsKey(block);

    /// <summary>Number of different blocks that callers wait for.</summary>
    public int BlockCount => _blocks.Count;

    /// <summary>Number of callers that wait.</summary>
    public int CallerCount => _turns.Count;

    /// <summary>
    /// Adds a reader of a caller that waits for a block. The turn of a new caller comes after those of all other
    /// callers.
    /// </summary>
    public void Add(CallerKey caller, int block, long now)
    {
        if (!_callers.TryGetValue(caller, out var turn))
        {
            _callers[caller] = turn = _turns.AddLast(new Turn(caller) { Since = now });
        }

        var waits = turn.Value.Waits;
        var at = waits.FindIndex(w => w.Block == block);
        if (at < 0)
        {
            waits.Add(new Wait(block, 1));
            _blocks[block] = _blocks.GetValueOrDefault(block) + 1;
        }
        else
        {
            waits[at] = waits[at] with { Readers = waits[at].Readers + 1 };
        }
    }

    /// <summary>Removes a reader of a caller that no longer waits for a block.</summary>
    public void Remove(CallerKey caller, int block)
    {
        var turn = _callers[caller];
        var waits = turn.Value.Waits;
        var at = waits.FindIndex(w => w.Block == block);
        if (waits[at].Readers > 1)
        {
            waits[at] = waits[at] with { Readers = waits[at].Readers - 1 };
            return;
        }

        waits.RemoveAt(at);
        if (--_blocks[block] == 0) // the number of callers that wait for it
        {
            _blocks.Remove(block);
        }

        if (waits.Count == 0)
        {
            _turns.Remove(turn);
            _callers.Remove(caller);
        }
    }

    /// <summary>
    /// Returns the next block that is eligible, the caller that has the turn, and the timestamp since which that caller
    /// has waited for its turn; null when there is none.
    /// </summary>
    public (CallerKey Caller, int Block, long Since)? Next(Func<int, bool> isEligible)
    {
        foreach (var turn in _turns)
        {
            var at = turn.Waits.FindIndex(w => isEligible(w.Block));
            if (at >= 0)
            {
                return (turn.Caller, turn.Waits[at].Block, turn.Since);
            }
        }

        return null;
    }

    /// <summary>Moves a caller to the end of the queue after its turn, if it still waits.</summary>
    public void Served(CallerKey caller, long now)
    {
        if (_callers.TryGetValue(caller, out var turn))
        {
            turn.Value.Since = now;
            _turns.Remove(turn);
            _turns.AddLast(turn);
        }
    }

    /// <summary>
    /// Returns the eligible blocks in the order in which they will be served; a block that several callers wait for is
    /// returned repeatedly.
    /// </summary>
    public IEnumerable<int> InOrder(Func<int, bool> isEligible)
    {
        var waiting = _turns.Select(t => t.Waits.ConvertAll(w => w.Block).FindAll(b => isEligible(b))).ToList();
        for (var round = 0; waiting.Exists(w => w.Count > round); round++)
        {
            foreach (var blocks in waiting.Where(w => w.Count > round))
            {
                yield return blocks[round];
            }
        }
    }

    private sealed record Turn(CallerKey Caller)
    {
        public List<Wait> Waits { get; } = [];

        public long Since { get; set; }
    }

    private readonly record struct Wait(int Block, int Readers);
}
