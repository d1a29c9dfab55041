namespace NclueGateway.Mirror.Blocks;

/// <summary>A stretch of one block that a page shows, with the copy to show it from.</summary>
/// <param name="Number">The block.</param>
/// <param name="Block">The copy, or null when there is none.</param>
/// <param name="From">The first row of the block that belongs to the page.</param>
/// <param name="To">The row after the last one, whether or not so many rows came.</param>
internal readonly record struct PagePart(int Number, TaskRunBlock? Block, int From, int To);

/// <summary>What a page is made of at one moment: one block or two, and the extent of the list.</summary>
/// <param name="Request">The page.</param>
/// <param name="Extent">What was known of the list's length.</param>
/// <param name="First">The block that the page starts in; for a page past the end, the block that proves the end.</param>
/// <param name="Second">The block that the page ends in, when that is another one.</param>
internal readonly record struct PageSlices(PageRequest Request, ListBounds Extent, PagePart First, PagePart? Second)
{
    /// <summary>Whether there is a copy of all of it.</summary>
    public bool IsComplete => First.Block is not null && Second is not { Block: null };

    /// <summary>The timestamp that the page's age is counted from: the older block's departure. Only for a complete page.</summary>
    public long DepartedAt => Math.Min(First.Block!.DepartedAt, Second?.Block!.DepartedAt ?? long.MaxValue);

    /// <summary>The blocks without a copy, and those whose copy departed before timestamp <paramref name="oldest"/>.</summary>
    public IEnumerable<int> MissingOrOlderThan(long oldest) => new[] { First, Second ?? First }
        .Where(part => !(part.Block?.DepartedAt >= oldest)).Select(part => part.Number).Distinct();
}
