using NclueGateway.Caching;
using NclueGateway.Nclue;

namespace NclueGateway.TaskRuns;

/// <summary>The upstream's list as far as it is known here: blocks, and how long it is. Any number of readers; the refresher writes.</summary>
internal sealed class TaskRunList(CacheOptions options, TimeProvider time)
{
    private readonly MemoryBlockStore<TaskRunBlock> _blocks = new(options.MaxBlocks);
    private readonly long _freshFor = time.Ticks(options.FreshFor);
    private readonly long _interest = time.Ticks(options.InterestFor);
    private ListExtent _extent = ListExtent.Unknown;

    /// <summary>Called when a copy of a block is not what readers get any more.</summary>
    public Action<int> Dropped { get; set; } = _ => { };

    public ListExtent Extent => Volatile.Read(ref _extent);

    public MemoryBlockStore<TaskRunBlock> Blocks => _blocks;

    /// <summary>Finds what a page is made of, and notes at timestamp <paramref name="now"/> that somebody reads it.</summary>
    /// <param name="request">The page.</param>
    /// <param name="oldest">Copies that departed before this timestamp are no copies.</param>
    /// <param name="now">The timestamp to note, or null for looking only.</param>
    /// <param name="isNews">Whether the read gives a block reason to be refreshed that it had not before.</param>
    public PageParts Locate(PageRequest request, long oldest, long? now, out bool isNews)
    {
        isNews = false;
        var extent = Extent;
        if (request.Index >= extent.End)
        {
            // The answer of the block that proves the end: with its age, and with its interest, so that growth is noticed.
            return new(request, extent, Part(extent.Proof, 0, 0, oldest, now, ref isNews), null);
        }

        var end = Math.Min((long)request.Index + request.Limit, extent.End ?? long.MaxValue);
        var first = ListExtent.BlockOf(request.Index);
        var last = ListExtent.BlockOf(end - 1);
        if (first > extent.Frontier)
        {
            // Not known to exist: the list is followed from its known part, however far away the page is.
            return new(request, extent, Part(extent.Frontier, 0, 0, long.MaxValue, now, ref isNews), null);
        }

        // The length is part of the answer. Where only the block at the end proves it, that one is kept as fresh as those that are read;
        // a total comes with every full block.
        if (extent.End is not null && extent.Proof != first && extent.Proof != last
            && _blocks.TryGet(extent.Proof, out var proof) && !proof.Block.Rows.IsFull)
        {
            Part(extent.Proof, 0, 0, oldest, now, ref isNews);
        }

        var start = first * TaskRunRows.Capacity;
        return first == last || last > extent.Frontier
            ? new(request, extent, Part(first, request.Index - start, (int)Math.Min(end - start, TaskRunRows.Capacity), oldest, now, ref isNews), null)
            : new(request, extent,
                Part(first, request.Index - start, TaskRunRows.Capacity, oldest, now, ref isNews),
                Part(last, 0, (int)(end - (last * TaskRunRows.Capacity)), oldest, now, ref isNews));
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
        var evicted = _blocks.Set(block.Number, block, now);
        Dropped(block.Number);
        if (evicted is { } number)
        {
            Dropped(number);
            extent = number == extent.Proof ? extent.WithoutEnd() : extent;
        }

        Volatile.Write(ref _extent, extent);
        if (extent.End is not null)
        {
            foreach (var (beyond, _) in _blocks.All.Where(b => b.Key > extent.Frontier))
            {
                Remove(beyond);
            }
        }
    }

    /// <summary>Drops the copies that departed before timestamp <paramref name="oldest"/>.</summary>
    public void RemoveOlderThan(long oldest)
    {
        foreach (var (number, _) in _blocks.All.Where(b => b.Value.Block.DepartedAt < oldest))
        {
            Remove(number);
            if (Extent is { End: not null } extent && extent.Proof == number)
            {
                Volatile.Write(ref _extent, extent.WithoutEnd());
            }
        }
    }

    private void Remove(int number)
    {
        _blocks.Remove(number);
        Dropped(number);
    }

    private PagePart Part(int number, int from, int to, long oldest, long? now, ref bool isNews)
    {
        if (!_blocks.TryGet(number, out var held))
        {
            return new(number, null, from, to);
        }

        if (now is { } moment)
        {
            isNews |= held.Touch(moment, _interest);
        }

        var block = held.Block;
        return new(number, block.DepartedAt >= oldest ? block : null, from, to);
    }
}
