using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The runs of one version that match a filter, in an order.</summary>
internal sealed class RunSelection(Roll roll, RunFilter filter, RunSort sort)
{
    private readonly SortedRun[] _sorted = [.. filter.In(roll).Select(sort.Prepare).Order(sort)];

    /// <summary>Approximate memory in bytes.</summary>
    public int Bytes => _sorted.Length * (sizeof(long) + IntPtr.Size);

    /// <summary>
    /// Returns the first page alone. Most callers read no further, so the other matches are only counted: a heap takes one comparison for
    /// nearly each of them.
    /// </summary>
    public static SelectedPage First(Roll roll, RunFilter filter, RunSort sort, int limit)
    {
        var last = Comparer<SortedRun>.Create((one, other) => sort.Compare(other, one)); // the heap's root is the last one
        var heap = new PriorityQueue<SnapshotRun, SortedRun>(limit, last);
        var total = 0;
        foreach (var found in filter.In(roll))
        {
            var run = sort.Prepare(found);
            if (total++ < limit)
            {
                heap.Enqueue(run.Run, run);
            }
            else if (heap.TryPeek(out _, out var worst) && run.Rank <= worst.Rank)
            {
                heap.EnqueueDequeue(run.Run, run);
            }
        }

        return new(total, [.. heap.UnorderedItems.Select(item => item.Priority).Order(sort).Select(sorted => sorted.Run)]);
    }

    /// <summary>Returns a page.</summary>
    public SelectedPage Page(int index, int limit) =>
        new(_sorted.Length, [.. _sorted.Skip(index).Take(limit).Select(sorted => sorted.Run)]);
}

/// <summary>A page of a selection.</summary>
/// <param name="Total">Number of runs of the selection.</param>
/// <param name="Runs">The runs of the page.</param>
internal readonly record struct SelectedPage(int Total, IReadOnlyList<SnapshotRun> Runs);
