using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// Reads pages of the results of queries. Most callers read only the first one, so a whole result is kept from the second on.
/// </summary>
/// <param name="results">Results of earlier queries.</param>
internal sealed class Selections(PageCache results)
{
    /// <summary>Returns a page of the runs of a version that match a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="snapshot">The version.</param>
    /// <param name="index">The first run of the page, counted from 0.</param>
    public SelectedPage Page(ListQuery query, ReadableSnapshot snapshot, int index)
    {
        var roll = snapshot.State.Roll;
        return index == 0
            ? RunSelection.First(roll, query.Filter, query.Sort, query.Limit)
            : results.GetOrCompute(new SelectionKey(snapshot.Version, query.Text), () =>
            {
                var selection = new RunSelection(roll, query.Filter, query.Sort);
                return (selection, selection.Bytes + (sizeof(char) * query.Text.Length));
            }).Page(index, query.Limit);
    }

    // With the whole text of the query, not its hash: a caller could look for a query with the hash of another one.
    private readonly record struct SelectionKey(SnapshotVersion Version, string Query);
}
