using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// The blocks that the replicas have stored, in <see cref="PacerModel"/>: the newest copy of each, and the latest
/// changes.
/// </summary>
internal sealed class ModelBlocks
{
    private const long NewsKept = 64;

    private readonly Dictionary<int, long> _newest = [];
    private readonly LinkedList<(int Block, long Fetched)> _news = new();

    /// <summary>Number of changes so far.</summary>
    public long Count { get; private set; }

    /// <summary>Returns the fetch time of the newest copy of a block; 0 for none.</summary>
    public long NewestOf(int block) => _newest.GetValueOrDefault(block);

    public void Add(int block, long fetched)
    {
        _newest[block] = fetched;
        _news.AddFirst((block, fetched));
        if (_news.Count > NewsKept)
        {
            _news.RemoveLast();
        }

        Count++;
    }

    /// <summary>
    /// Returns the changes since the caller's last call, or all blocks where the changes are not known any more.
    /// </summary>
    public (bool IsAll, (int, long)[] Changes) ChangesFor(CoordinatorRequest a, bool isSameEpoch, long now)
    {
        var missed = Count - a.News;
        if (isSameEpoch && missed is >= 0 and <= NewsKept)
        {
            return (false, _news.Take((int)missed).ToArray());
        }

        var all = _newest.Select(b => (b.Key, b.Value)).ToArray();
        foreach (var (block, _) in all.Where(c => now - c.Value > a.Keep))
        {
            _newest.Remove(block);
        }

        return (true, all);
    }
}
