using System.Runtime.CompilerServices;
using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Detects pages that are torn: their two blocks were read at different times, so that runs are missing or repeated between them. The
/// snapshot knows which runs are neighbours. The older block of a torn page is requested again at once.
/// </summary>
internal sealed class PageSeams(SnapshotWriter snapshot, Refresher refresher)
{
    /// <summary>The first blocks that were checked, each with the second one.</summary>
    private readonly ConditionalWeakTable<TaskRunBlock, TaskRunBlock> _checked = [];

    /// <summary>Checks a page, once for each pair of copies.</summary>
    public void Check(PageSlices page)
    {
        if (page is not { First.Block: { Rows.IsFull: true } first, Second.Block: { Rows.Count: > 0 } second }
            || snapshot.State.Roll.Count == 0
            || (_checked.TryGetValue(first, out var other) && other == second))
        {
            return;
        }

        _checked.AddOrUpdate(first, second);
        if (AreNeighbours(first.Rows.Id(TaskRunRows.Capacity - 1), second.Rows.Id(0)) == false)
        {
            refresher.RequestNow(first.DepartedAt < second.DepartedAt ? first.Number : second.Number);
        }
    }

    /// <summary>Returns true if one run follows the other; null if the snapshot does not hold both.</summary>
    /// <param name="one">The id as JSON contains it, without its quotes.</param>
    /// <param name="next">The other id.</param>
    private bool? AreNeighbours(ReadOnlySpan<byte> one, ReadOnlySpan<byte> next)
    {
        if (one.IsEmpty || next.IsEmpty)
        {
            return null; // a row without a usable id
        }

        var (left, right) = (Decode(one), Decode(next));
        var places = snapshot.State.Roll.Find([left, right]);
        return places.Count == 2 ? places[right] - places[left] == 1 : left == right ? false : null;
    }

    private static string Decode(ReadOnlySpan<byte> id) => JsonSerializer.Deserialize<string>([.. "\""u8, .. id, .. "\""u8])!;
}
