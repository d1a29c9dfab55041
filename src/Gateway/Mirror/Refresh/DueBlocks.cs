using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Finds the blocks that are read and have become due for a refresh.</summary>
/// <remarks>It takes the time as an argument.</remarks>
internal sealed class DueBlocks(BlockCache blockCache, CacheOptions cache, TimeProvider time)
{
    /// <summary>
    /// Time between the end of a block's freshness and its next request. It keeps the arrivals of two requests at the
    /// upstream at least <c>Cache:FreshFor</c> apart, even when the first one took longer on its way.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly long _dueAfter = time.Ticks(cache.FreshFor + Slack);
    private readonly long _overdueAfter = time.Ticks(cache.FreshFor * 2);
    private readonly long _interest = time.Ticks(cache.InterestFor);

    /// <summary>Returns true if the block has no copy, or one that is due.</summary>
    public bool IsDue(int block, long now) => Age(block, now) >= _dueAfter;

    /// <summary>Returns true if the block's copy is older than 2 × <c>Cache:FreshFor</c>.</summary>
    public bool IsOverdue(int block, long now) => Age(block, now) > _overdueAfter;

    /// <summary>Returns the age of a due block as a multiple of the age at which it was due.</summary>
    public double Urgency(int block, long now) => (double)Age(block, now) / _dueAfter;

    /// <summary>Returns the departure of the block's copy; 0 without one.</summary>
    public long DepartedAt(int block) => blockCache.TryGet(block, out var held) ? held.Block.DepartedAt : 0;

    /// <summary>Returns true if the block was read in the last <c>Cache:InterestFor</c>.</summary>
    public bool IsWanted(int block, long now) => blockCache.TryGet(block, out var held) && IsWanted(held, now);

    /// <summary>Returns the oldest wanted block that is due and available; null without one.</summary>
    public int? Oldest(long now, Func<int, bool> isAvailable)
    {
        (int Number, long DepartedAt)? oldest = null;
        foreach (var held in blockCache.Blocks)
        {
            var (number, departedAt) = (held.Block.Number, held.Block.DepartedAt);
            if (IsWanted(held, now)
                && (oldest is null || (departedAt, number).CompareTo((oldest.Value.DepartedAt, oldest.Value.Number)) < 0)
                && IsDue(number, now) && isAvailable(number))
            {
                oldest = (number, departedAt);
            }
        }

        return oldest?.Number;
    }

    /// <summary>Returns the number of blocks that are kept fresh, and the departure of the oldest; null without one.</summary>
    public (int Count, long? Oldest) Wanted(long now)
    {
        var wanted = blockCache.Blocks.Where(held => IsWanted(held, now)).Select(held => held.Block.DepartedAt).ToList();
        return (wanted.Count, wanted.Count > 0 ? wanted.Min() : null);
    }

    /// <summary>Returns the time until the next available block becomes due; null without one.</summary>
    public TimeSpan? UntilNext(long now, Func<int, bool> isAvailable)
    {
        var next = blockCache.Blocks.Where(held => IsWanted(held, now) && isAvailable(held.Block.Number))
            .Select(held => (long?)held.Block.DepartedAt + _dueAfter).Min();
        return next is { } at ? time.GetElapsedTime(now, Math.Max(now, at)) : null;
    }

    private bool IsWanted(BlockEntry held, long now) => !held.IsUnread && now - held.LastReadAt <= _interest;

    private long Age(int block, long now) => blockCache.TryGet(block, out var held) ? now - held.Block.DepartedAt : long.MaxValue;
}
