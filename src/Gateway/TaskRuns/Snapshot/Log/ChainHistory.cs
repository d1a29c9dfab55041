using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// The chains that this replica has applied, so that it recognises its own log when that has lost its newest entries, and their lengths.
/// </summary>
internal sealed class ChainHistory
{
    /// <summary>Number of entries that are remembered at least: those of more than half a day.</summary>
    private const int Remembered = 65_536;

    private readonly List<Link> _links = [];
    private LogPosition _newest;
    private long _length;

    /// <summary>Departure of the newest response.</summary>
    public long Time { get; private set; }

    /// <summary>Begins at a position, unless this is the newest one already.</summary>
    public void Begin(LogPosition position, long time)
    {
        if (_newest != position || _links.Count == 0)
        {
            _links.Clear();
            Add(position, length: 0, time);
        }
    }

    /// <summary>Adds the position after the newest one.</summary>
    /// <param name="position">The position.</param>
    /// <param name="length">Length of its entry, in bytes.</param>
    /// <param name="time">Departure of its response.</param>
    public void Add(LogPosition position, int length, long time)
    {
        _newest = position;
        _length += length;
        _links.Add(new(position.Chain, _length));
        Time = time;
        if (_links.Count == 2 * Remembered)
        {
            _links.RemoveRange(0, Remembered);
        }
    }

    /// <summary>Returns the chain of an entry; null if it is not remembered.</summary>
    public ulong? ChainOf(long number) => Find(number)?.Chain;

    /// <summary>Returns the length of all entries after one, as far as they are remembered.</summary>
    public long LengthAfter(long number) => _length - (Find(number) ?? _links[0]).Length;

    private Link? Find(long number) =>
        _newest.Number - number is >= 0 and var back && back < _links.Count ? _links[^(1 + (int)back)] : null;

    /// <param name="Chain">The chain.</param>
    /// <param name="Length">Length of this entry and all before it.</param>
    private readonly record struct Link(ulong Chain, long Length);
}
