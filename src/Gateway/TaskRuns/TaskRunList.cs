using NclueGateway.Caching;
using NclueGateway.Nclue;

namespace NclueGateway.TaskRuns;

/// <summary>The upstream's list as far as it is known here: blocks, and how long it is. Any number of readers; the refresher writes.</summary>
internal sealed class TaskRunList(CacheOptions options, TimeProvider time)
{
    private readonly MemoryBlockStore _blocks = new(options.MaxBlocks);
    private readonly long _freshFor = time.Ticks(options.FreshFor);
    private readonly long _interest = time.Ticks(options.InterestFor);
    private ListExtent _extent = ListExtent.Unknown;

    public ListExtent Extent => Volatile.Read(ref _extent);

    public MemoryBlockStore Blocks => _blocks;

    /// <summary>Finds the blocks of a page.</summary>
    /// <param name="request">The page.</param>
    /// <param name="oldest">Timestamp of departure: an older copy counts as missing.</param>
    public PageParts Find(PageRequest request, long oldest)
    {
        var extent = Extent;
        if (request.Index >= extent.End)
        {
            return new(request, extent, Part(extent.Proof, 0, 0, oldest), null); // the page has the age of the block that proves the end
        }

        var end = Math.Min((long)request.Index + request.Limit, extent.End ?? long.MaxValue);
        var first = ListExtent.BlockOf(request.Index);
        var last = ListExtent.BlockOf(end - 1);
        if (first > extent.Frontier)
        {
            // Not known to exist: the list is followed from its known part, however far away the page is.
            return new(request, extent, new(extent.Frontier, null, 0, 0), null);
        }

        var start = first * TaskRunRows.Capacity;
        return first == last || last > extent.Frontier
            ? new(request, extent, Part(first, request.Index - start, (int)Math.Min(end - start, TaskRunRows.Capacity), oldest), null)
            : new(request, extent,
                Part(first, request.Index - start, TaskRunRows.Capacity, oldest),
                Part(last, 0, (int)(end - (last * TaskRunRows.Capacity)), oldest));
    }

    /// <summary>Marks the blocks of a page as read, so that they are kept fresh.</summary>
    /// <param name="parts">The page, as <see cref="Find"/> found it.</param>
    /// <param name="now">The timestamp of the read.</param>
    /// <returns>Whether the read gives a block a reason to be refreshed that it did not have.</returns>
    public bool MarkRead(PageParts parts, long now)
    {
        var shouldRefresh = MarkRead(parts.First.Number, now);
        shouldRefresh |= parts.Second is { } second && MarkRead(second.Number, now);

        // The length is part of the page. Where only the block at the end proves it, that block is kept fresh too, so that growth is noticed;
        // every full block brings a total.
        var proof = parts.Extent.Proof;
        return parts.Extent.End is not null && proof != parts.First.Number && proof != parts.Second?.Number
            && _blocks.TryGet(proof, out var held) && !held.Block.Rows.IsFull && MarkRead(proof, now)
            || shouldRefresh;
    }

    /// <summary>Takes in a block that came, unless there is a newer copy of it, or newer evidence says that it lies past the end.</summary>
    public void Add(TaskRunBlock block, long now)
    {
        if (_blocks.TryGet(block.Number, out var newer) && newer.Block.DepartedAt >= block.DepartedAt)
        {
            return;
        }

        var extent = Extent.With(block, number => _blocks.TryGet(number, out var held) && held.Block.Rows.IsFull
            && block.DepartedAt - held.Block.DepartedAt <= _freshFor);
        if (block.Number > extent.Frontier)
        {
            return;
        }

        // The block first: a reader that sees the new extent finds the block that proves it.
        if (_blocks.Set(block, now) == extent.Proof)
        {
            extent = extent.WithoutEnd();
        }

        Volatile.Write(ref _extent, extent);
        if (extent.End is not null)
        {
            foreach (var (beyond, _) in _blocks.All.Where(b => b.Key > extent.Frontier))
            {
                _blocks.Remove(beyond);
            }
        }
    }

    /// <summary>Drops the copies that departed before timestamp <paramref name="oldest"/>.</summary>
    public void RemoveOlderThan(long oldest)
    {
        foreach (var (number, _) in _blocks.All.Where(b => b.Value.Block.DepartedAt < oldest))
        {
            _blocks.Remove(number);
            if (Extent is { End: not null } extent && extent.Proof == number)
            {
                Volatile.Write(ref _extent, extent.WithoutEnd());
            }
        }
    }

    private bool MarkRead(int number, long now) => _blocks.TryGet(number, out var held) && held.MarkRead(now, _interest);

    private PagePart Part(int number, int from, int to, long oldest) =>
        new(number, _blocks.TryGet(number, out var held) && held.Block is var block && block.DepartedAt >= oldest ? block : null, from, to);
}
