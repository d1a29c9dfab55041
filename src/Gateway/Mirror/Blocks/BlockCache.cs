using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NclueGateway.Time;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The part of the upstream's list that this replica has: its blocks and the bounds of the list. Any number of threads
/// may read; only the refresher writes, under its lock.
/// </summary>
internal sealed class BlockCache(CacheOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, BlockEntry> _blocks = new();
    private readonly long _freshFor = time.Ticks(options.FreshFor);
    private readonly long _interest = time.Ticks(options.InterestFor);
    private ListBounds _extent = ListBounds.Unknown;

    /// <summary>The known bounds of the list.</summary>
    public ListBounds Extent => Volatile.Read(ref _extent);

    /// <summary>
    /// The blocks in memory, at most <c>Cache:MaxBlocks</c>. The least recently read block is evicted first.
    /// </summary>
    public IEnumerable<BlockEntry> Blocks => _blocks.Select(block => block.Value);

    public bool TryGet(int number, [NotNullWhen(true)] out BlockEntry? held) => _blocks.TryGetValue(number, out held);

    /// <summary>Finds the blocks of a page.</summary>
    /// <param name="request">The page.</param>
    /// <param name="oldest">Timestamp: a copy that departed before it counts as missing.</param>
    public PageSlices Find(PageRequest request, long oldest)
    {
        var extent = Extent;
        if (request.Index >= extent.End)
        {
            // An empty page has the age of the block that proves the end.
            return Slices(request, extent, Part(extent.BoundaryBlock, 0, 0, oldest));
        }

        var end = Math.Min((long)request.Index + request.Limit, extent.End ?? long.MaxValue);
        var first = ListBounds.BlockOf(request.Index);
        var last = ListBounds.BlockOf(end - 1);
        if (first > extent.HighestFetchableBlock)
        {
            // It is unknown whether the block exists. So the first block after the known part is fetched first, however
            // far away the page is.
            return Slices(request, extent, new(extent.HighestFetchableBlock, null, 0, 0));
        }

        var start = first * TaskRunRows.Capacity;
        return first == last || last > extent.HighestFetchableBlock
            ? Slices(request, extent, Part(first, request.Index - start, (int)Math.Min(end - start, TaskRunRows.Capacity), oldest))
            : Slices(request, extent,
                Part(first, request.Index - start, TaskRunRows.Capacity, oldest),
                Part(last, 0, (int)(end - (last * TaskRunRows.Capacity)), oldest));
    }

    /// <summary>Marks the blocks of a page as read, so that they are kept fresh.</summary>
    /// <param name="parts">The page, as <see cref="Find"/> found it.</param>
    /// <param name="now">The timestamp of the read.</param>
    /// <returns>True if the refresher has to refresh a block that it would not have refreshed before this
    /// read.</returns>
    public bool MarkRead(PageSlices parts, long now)
    {
        var shouldRefresh = MarkRead(parts.First.Number, now);
        shouldRefresh |= parts.Second is { } second && MarkRead(second.Number, now);

        // The length of the list is part of the page. If only the block at the end proves the length, that block is
        // kept fresh too, so that growth is noticed. A full block has a total of its own, so the block at the end is
        // not needed.
        var proof = parts.Extent.BoundaryBlock;
        return parts.Extent.End is not null && proof != parts.First.Number && proof != parts.Second?.Number
            && TryGet(proof, out var held) && !held.Block.Rows.IsFull && MarkRead(proof, now)
            || shouldRefresh;
    }

    /// <summary>
    /// Stores a block, unless there is a newer copy of it, or newer evidence proves that it lies past the end of the
    /// list.
    /// </summary>
    public void Add(TaskRunBlock block, long now)
    {
        if (TryGet(block.Number, out var held) && held.Block.DepartedAt >= block.DepartedAt)
        {
            return; // there is a newer copy
        }

        var extent = Extent.With(block, number => TryGet(number, out var other) && other.Block.Rows.IsFull
            && block.DepartedAt - other.Block.DepartedAt <= _freshFor);
        if (block.Number > extent.HighestFetchableBlock)
        {
            return;
        }

        // The block is written before the bounds, so that a reader that sees the new bounds finds the block that proves
        // them.
        if (held is not null)
        {
            (held.Block, held.IsUnread) = (block, true); // it is kept fresh only after it has been read
        }
        else
        {
            if (_blocks.Count >= options.MaxBlocks && Blocks.MinBy(other => other.LastReadAt)!.Block.Number is var evicted)
            {
                _blocks.TryRemove(evicted, out _);
                extent = evicted == extent.BoundaryBlock ? extent.WithoutEnd() : extent;
            }

            _blocks[block.Number] = new(block, now);
        }

        Volatile.Write(ref _extent, extent);
        if (extent.End is not null)
        {
            foreach (var beyond in _blocks.Keys.Where(number => number > extent.HighestFetchableBlock))
            {
                _blocks.TryRemove(beyond, out _);
            }
        }
    }

    /// <summary>Removes the copies that departed before timestamp <paramref name="oldest"/>.</summary>
    public void RemoveOlderThan(long oldest)
    {
        foreach (var number in Blocks.Where(held => held.Block.DepartedAt < oldest).Select(held => held.Block.Number))
        {
            _blocks.TryRemove(number, out _);
            if (Extent is { End: not null } extent && extent.BoundaryBlock == number)
            {
                Volatile.Write(ref _extent, extent.WithoutEnd());
            }
        }
    }

    /// <summary>
    /// Marks a block as read. Returns true if the block was not kept fresh before this read, or only for another half
    /// of <c>Cache:InterestFor</c> at most.
    /// </summary>
    private bool MarkRead(int number, long now)
    {
        if (!TryGet(number, out var held))
        {
            return false;
        }

        var shouldRefresh = held.IsUnread || now - held.LastReadAt > _interest / 2;
        (held.LastReadAt, held.IsUnread) = (now, false);
        return shouldRefresh;
    }

    private static PageSlices Slices(PageRequest request, ListBounds extent, PagePart first, PagePart? second = null) => new(
        request, extent, first, second,
        first.Block is null || second is { Block: null }
            ? null
            : Math.Min(first.Block.DepartedAt, second?.Block!.DepartedAt ?? long.MaxValue));

    private PagePart Part(int number, int from, int to, long oldest) =>
        new(number, TryGet(number, out var held) && held.Block is var block && block.DepartedAt >= oldest ? block : null, from, to);
}
