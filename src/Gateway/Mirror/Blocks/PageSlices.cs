namespace NclueGateway.Mirror.Blocks;

/// <summary>The rows of one block that belong to a page, with the cached copy of the block.</summary>
/// <param name="Number">The block.</param>
/// <param name="Block">The copy, or null when there is none.</param>
/// <param name="From">The first row of the block that belongs to the page.</param>
/// <param name="To">The row after the last one; it may lie past the rows that were received.</param>
internal readonly record struct PagePart(int Number, TaskRunBlock? Block, int From, int To);

/// <summary>The content of a page at one moment: rows of one block or of two, and the bounds of the list.</summary>
/// <param name="Request">The page.</param>
/// <param name="Extent">The known bounds of the list.</param>
/// <param name="First">
/// The block that the page starts in; for a page past the end, the block that proves the end.
/// </param>
/// <param name="Second">The block that the page ends in; null if it is the first one.</param>
/// <param name="DepartedAt">
/// The timestamp from which the page's age is counted: the departure of the older block. Null if a block has no copy.
/// </param>
internal readonly record struct PageSlices(
    PageRequest Request, ListBounds Extent, PagePart First, PagePart? Second, long? DepartedAt)
{
    /// <summary>
    /// Returns the blocks without a copy, and those whose copy departed before timestamp <paramref name="oldest"/>.
    /// </summary>
    public IEnumerable<int> MissingOrOlderThan(long oldest) => new[] { First, Second ?? First }
        .Where(part => !(part.Block?.DepartedAt >= oldest)).Select(part => part.Number).Distinct();
}
