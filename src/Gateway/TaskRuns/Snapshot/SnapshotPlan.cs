using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The rows to read next for one state of the snapshot. A pure function of the state, so that all replicas make the same plan.
/// </summary>
/// <param name="Live">
/// The rows that change by themselves: the edge, where new runs appear, and blocks with unfinished runs.
/// </param>
/// <param name="GapPlace">
/// Place of the last run before the gap nearest the edge, −1 for the head of the list; null without a gap.
/// </param>
/// <param name="Oldest">The rows whose last response is the oldest; null for an empty list.</param>
/// <param name="OldestId">The run for which these rows are read.</param>
/// <param name="MiscountedSince">Departure since which the count does not fit; null while it fits.</param>
internal sealed record SnapshotPlan(IReadOnlyList<LiveRows> Live, int? GapPlace, LiveRows? Oldest, string? OldestId, long? MiscountedSince)
{
    /// <summary>Number of known rows with which a window begins, so that a deletion before it hides no run between two windows.</summary>
    public const int Overlap = 10;

    /// <summary>Age from which on an unfinished run is not expected to end soon.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromHours(24);

    /// <summary>Makes the plan.</summary>
    /// <param name="roll">The runs.</param>
    /// <param name="order">The order of the list.</param>
    /// <param name="now">The present time, which tells stuck runs from others.</param>
    /// <param name="isPutOff">Returns true for a run that is not read for its own sake now.</param>
    /// <param name="retreat">Number of times that the overlap of windows is doubled, after windows that were too far behind.</param>
    public static SnapshotPlan Of(
        Roll roll, ListOrder order, DateTimeOffset now, Func<string, bool>? isPutOff = null, int retreat = 0)
    {
        var overlap = Overlap << retreat;
        if (order == ListOrder.Unordered || (roll.Count == 0 && !roll.IsComplete))
        {
            return new([], order == ListOrder.Unordered ? null : -1, null, null, null);
        }

        var live = new Dictionary<int, LiveRows>();
        int? gap = roll.HasGapAtHead ? -1 : null;
        (int Place, long HeldAt)? oldest = null;
        var first = 0;
        foreach (var chunk in roll.Chunks)
        {
            var isOlder = oldest is null || chunk.OldestHeld < oldest.Value.HeldAt;
            foreach (var (slot, entry) in chunk.HasGap || chunk.HasUnfinished || isOlder ? chunk.Entries.Index() : [])
            {
                Examine(first + slot, entry);
            }

            first += chunk.Entries.Length;
        }

        if (order != ListOrder.OldestFirst && !roll.HasGapAtHead)
        {
            Add(new(0, roll.Traits.HeadReadAt, IsEdge: true));
        }

        if (order != ListOrder.NewestFirst && (roll.Count == 0 || !roll.At(roll.Count - 1).HasGapBehind))
        {
            Add(new(NumberAt(roll.Count - overlap), roll.Traits.EndReadAt, IsEdge: true));
        }

        return new(
            [.. live.Values],
            gap,
            oldest is { } rows ? new(NumberAt(rows.Place - overlap), rows.HeldAt) : null,
            oldest is { } run ? roll.At(run.Place).Run.Id : null,
            roll.Traits.MiscountedSince);

        void Examine(int place, RollEntry entry)
        {
            if (entry.HasGapBehind && (gap is null || order == ListOrder.OldestFirst))
            {
                gap = place;
            }

            if (!entry.Run.IsFinished)
            {
                Add(new(
                    place / TaskRunRows.Capacity,
                    entry.LastHeld,
                    IsEdge: false,
                    IsStuck: now - entry.Run.Columns.CreatedAt > StuckAfter));
            }

            if ((oldest is null || entry.LastHeld < oldest.Value.HeldAt) && isPutOff?.Invoke(entry.Run.Id) != true)
            {
                oldest = (place, entry.LastHeld);
            }
        }

        void Add(LiveRows added) => live[added.Number] = live.TryGetValue(added.Number, out var other) ? other.And(added) : added;
    }

    /// <summary>Returns the number of the block or window that begins at a row.</summary>
    public static int NumberAt(int row) => row <= 0 ? 0 : RowWindow.NumberOf(row);
}

/// <summary>Rows that are read again and again.</summary>
/// <param name="Number">The block or window.</param>
/// <param name="ReadAt">Departure of the oldest response that counts for them.</param>
/// <param name="IsEdge">True if new runs appear in them.</param>
/// <param name="IsStuck">True if their unfinished runs are all so old that they are not expected to end soon.</param>
internal readonly record struct LiveRows(int Number, long ReadAt, bool IsEdge = false, bool IsStuck = false)
{
    public LiveRows And(LiveRows other) => new(
        Number, Math.Min(ReadAt, other.ReadAt), IsEdge || other.IsEdge, !IsEdge && !other.IsEdge && IsStuck && other.IsStuck);
}
