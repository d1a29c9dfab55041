using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// The order of the runs of a response: by one value; runs without it come last, and equal ones by id ascending, in both directions.
/// </summary>
internal sealed record RunSort(RunSortKey Key, bool IsDescending) : IComparer<SortedRun>
{
    public static readonly RunSort Default = new(RunSortKey.CreatedAt, IsDescending: true);

    /// <summary>Returns a run with the number that decides its place; of names all are equal.</summary>
    public SortedRun Prepare(FoundRun found)
    {
        var value = Key switch
        {
            RunSortKey.CreatedAt => found.Chunk.Created[found.Slot],
            RunSortKey.CompletedAt => found.Chunk.Completed[found.Slot],
            RunSortKey.DurationSeconds => found.Chunk.Durations[found.Slot],
            _ => found.Run.Columns.NameRange is null ? ChunkColumns.None : 0,
        };
        return new(value == ChunkColumns.None ? long.MaxValue : IsDescending ? -value : value, found.Run);
    }

    public int Compare(SortedRun x, SortedRun y)
    {
        var order = x.Rank.CompareTo(y.Rank);
        if (order == 0 && Key == RunSortKey.Name && x.Run.Columns is { NameRange: { } one } first
            && y.Run.Columns is { NameRange: { } other } second)
        {
            // The order of UTF-8's bytes is that of the code points: RFC 3629, section 1.
            order = first.FoldedText.AsSpan(one).SequenceCompareTo(second.FoldedText.AsSpan(other));
            order = IsDescending ? -order : order;
        }

        return order != 0 ? order : CompareCodePoints(x.Run.Id, y.Run.Id);
    }

    /// <summary>Compares two texts by code points. Ordinal comparison differs: it puts a surrogate before U+E000.</summary>
    private static int CompareCodePoints(string one, string other)
    {
        var same = one.AsSpan().CommonPrefixLength(other);
        return same == one.Length || same == other.Length
            ? one.Length.CompareTo(other.Length)
            : Place(one[same]).CompareTo(Place(other[same]));

        static int Place(char c) => char.IsSurrogate(c) ? c + char.MaxValue : c;
    }
}

/// <summary>A run in a result that is being sorted.</summary>
/// <param name="Rank">Number by which it is sorted, ascending: comparing it needs no look at the run.</param>
/// <param name="Run">The run.</param>
internal readonly record struct SortedRun(long Rank, SnapshotRun Run);

/// <summary>The values by which runs can be sorted; parameters name them in camel case.</summary>
internal enum RunSortKey
{
    CreatedAt,
    CompletedAt,
    DurationSeconds,
    Name,
}
