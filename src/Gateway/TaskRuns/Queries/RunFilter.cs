using System.Text;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The conditions of a query on runs: a run matches if it meets all of them. Null is no condition.</summary>
internal sealed record RunFilter
{
    private readonly byte[][] _words = [];
    private readonly int _statuses = ~0;

    /// <value>The statuses of which a run must have one.</value>
    public IReadOnlySet<TaskRunStatus>? Statuses
    {
        init => _statuses = value is null ? ~0 : value.Sum(BitOf);
    }

    public IReadOnlySet<string>? TaskIds { get; init; }

    public IReadOnlySet<string>? FeatureIds { get; init; }

    /// <summary>Names of models, compared by <see cref="ModelNameComparer"/>.</summary>
    public IReadOnlySet<string>? Models { get; init; }

    public IReadOnlySet<ModelStatus>? ModelStatuses { get; init; }

    public IReadOnlySet<string>? FailureCodes { get; init; }

    public TimeRange Created { get; init; } = TimeRange.Any;

    public TimeRange Completed { get; init; } = TimeRange.Any;

    /// <summary>Words in the form of <see cref="RunColumns.Fold"/>, all of which must occur in the run's texts.</summary>
    public IReadOnlyList<string> Words
    {
        init => _words = [.. value.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>Returns the bit of a status in <see cref="ChunkColumns.Statuses"/>.</summary>
    public static int BitOf(TaskRunStatus status) => 1 << (int)status;

    /// <summary>Returns the runs of a version that meet all conditions, in the upstream's order.</summary>
    public IEnumerable<FoundRun> In(Roll roll)
    {
        var needsRun = TaskIds is not null || FeatureIds is not null || Models is not null || ModelStatuses is not null
            || FailureCodes is not null;
        foreach (var chunk in ChunkColumns.Of(roll))
        {
            for (var slot = 0; slot < chunk.Runs.Length; slot++)
            {
                if ((_statuses & chunk.Statuses[slot]) != 0
                    && Created.Contains(chunk.Created[slot])
                    && Completed.Contains(chunk.Completed[slot])
                    && (!needsRun || Matches(chunk.Runs[slot].Columns))
                    && ContainsWords(chunk.Texts[slot]))
                {
                    yield return new(chunk, slot);
                }
            }
        }
    }

    private bool Matches(RunColumns run) =>
        Contains(TaskIds, run.TaskId)
        && Contains(FeatureIds, run.FeatureId)
        && Contains(Models, run.ModelName)
        && (ModelStatuses is null || (run.ModelStatus is { } status && ModelStatuses.Contains(status)))
        && Contains(FailureCodes, run.FailureCode);

    private static bool Contains(IReadOnlySet<string>? values, string? value) =>
        values is null || (value is not null && values.Contains(value));

    private bool ContainsWords(ReadOnlySpan<byte> text)
    {
        foreach (var word in _words)
        {
            if (text.IndexOf(word) < 0)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>The times at or after <paramref name="From"/> and before <paramref name="Before"/>. Null is no bound.</summary>
internal readonly record struct TimeRange(DateTimeOffset? From, DateTimeOffset? Before)
{
    public static readonly TimeRange Any = new(null, null);

    // A run without the time is only in a range without bounds.
    private readonly long _from = From?.UtcTicks ?? (Before is null ? ChunkColumns.None : ChunkColumns.None + 1);
    private readonly long _before = Before?.UtcTicks ?? long.MaxValue;

    /// <summary>Returns true if a time, in ticks of UTC, is in the range.</summary>
    public bool Contains(long ticks) => ticks >= _from && ticks < _before;
}
