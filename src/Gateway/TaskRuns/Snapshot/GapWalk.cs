using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Places the window that closes a gap. It begins with the last known runs before the gap. When runs have gone meanwhile, that place is
/// too far behind: the window moves back, twice as far each time, and from there onwards.
/// </summary>
/// <param name="Left">Id of the run before the gap; null for the head of the list.</param>
/// <param name="Back">Number of doublings.</param>
/// <param name="NextRow">First row of the next window; null for the place before the gap.</param>
internal sealed record GapWalk(string? Left, int Back, int? NextRow)
{
    private const int MaxDoublings = 20;

    /// <summary>Returns the number of the window to read.</summary>
    public int NumberFor(int gapPlace) => SnapshotPlan.NumberAt(NextRow ?? (gapPlace + 1 - (SnapshotPlan.Overlap << Back)));

    /// <summary>Returns the walk after a response.</summary>
    /// <param name="window">The rows that were read.</param>
    /// <param name="slots">The rows of the response.</param>
    /// <param name="roll">The roll after it.</param>
    /// <param name="gapPlace">Place of the last run before the gap that is left.</param>
    public GapWalk After(RowWindow window, IReadOnlyList<SnapshotRun?> slots, Roll roll, int gapPlace)
    {
        var places = roll.Find(slots.OfType<SnapshotRun>().Select(run => run.Id));
        if (places.Count == 0 || places.Values.Min() > gapPlace)
        {
            return new(Left, Math.Min(MaxDoublings, Back + 1), Math.Max(0, window.FirstRow - (SnapshotPlan.Overlap << Back)));
        }

        if (places.Values.Max() > gapPlace)
        {
            return new(Left, 0, null);
        }

        var lastSlot = slots.Index().Last(slot => slot.Item is not null && places.ContainsKey(slot.Item.Id)).Index;
        return new(Left, 0, window.FirstRow + lastSlot - SnapshotPlan.Overlap + 1);
    }
}
