using System.Collections.Concurrent;

namespace NclueGateway.Upstream.Pacing;

/// <summary>The fetch times (Redis' clock, ms) of the newest copies of blocks in Redis, as all replicas report them.</summary>
internal sealed class BlockDirectory(RedisClock clock, TimeProvider time)
{
    private static readonly long Year = (long)TimeSpan.FromDays(366).TotalMilliseconds;

    private readonly ConcurrentDictionary<int, long> _newest = new();

    /// <summary>Blocks that have a copy, with the fetch time of the newest.</summary>
    public IEnumerable<KeyValuePair<int, long>> Newest => _newest;

    /// <summary>Returns the fetch time of the newest copy of a block; 0 for none.</summary>
    public long NewestOf(int block) => _newest.GetValueOrDefault(block);

    /// <summary>
    /// Returns the earliest timestamp at which Redis' clock can have shown <paramref name="fetchedAt"/>; null for a time in the future, or
    /// more than a year ago.
    /// </summary>
    public long? TimestampOf(long fetchedAt)
    {
        var age = clock.At(time.GetTimestamp()).Most - fetchedAt;
        return clock.IsKnown && age >= 0 && age <= Year ? clock.TimestampOf(fetchedAt) : null;
    }

    /// <summary>Records the newest copy of a block.</summary>
    public void Set(int block, long fetchedAt) => _newest[block] = fetchedAt;

    /// <summary>Records the copies that a reply of the pacer's script reports.</summary>
    public void Apply(CoordinatorResponse reply)
    {
        if (reply.IsAll)
        {
            _newest.Clear();
        }

        // The newest change comes first.
        foreach (var (block, fetchedAt) in reply.Changes.Reverse())
        {
            _newest[block] = fetchedAt;
        }
    }
}
