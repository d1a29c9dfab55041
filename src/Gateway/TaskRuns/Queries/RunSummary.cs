using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Counts runs, in one pass.</summary>
internal sealed class RunSummary
{
    /// <summary>Maximum number of entries of a list; the others are only counted.</summary>
    public const int MaxEntries = 100;

    private readonly Dictionary<TaskRunStatus, int> _statuses = [];
    private readonly RunGroups _tasks = new();
    private readonly RunGroups _features = new();
    private readonly RunGroups _models = new(ModelNameComparer.Instance);
    private readonly RunGroups _failures = new();
    private readonly List<long> _durations = [];
    private RunColumns? _oldestUnfinished;

    /// <summary>Counts the runs of a version that match a query.</summary>
    /// <returns>The counts; null if they would have too many buckets of time.</returns>
    public static TaskRunSummary? Of(ReadableSnapshot snapshot, SummaryQuery query, TimeZoneInfo zone)
    {
        var summary = new RunSummary();
        var buckets = query.Per is { } unit ? new SummaryBuckets(unit, zone) : null;
        foreach (var found in query.Filter.In(snapshot.State.Roll))
        {
            summary.Add(found.Run.Columns);
            buckets?.Add(found.Run.Columns);
        }

        var created = buckets?.ToCounts();
        return buckets is not null && created is null ? null : summary.ToResponse(snapshot.IsComplete, created);
    }

    private void Add(RunColumns run)
    {
        _statuses[run.Status] = _statuses.GetValueOrDefault(run.Status) + 1;
        _tasks.Add(run.TaskId, run.TaskName, run);
        _features.Add(run.FeatureId, run.FeatureName, run);
        if (run.ModelName is { } model)
        {
            _models.Add(model, model, run);
        }

        if (run.FailureCode is { } code)
        {
            _failures.Add(code, code, run);
        }

        if (run.DurationSeconds is { } seconds)
        {
            _durations.Add(seconds);
        }

        if (!run.IsFinished && run.CreatedAt is not null && (_oldestUnfinished is not { } oldest || run.CreatedAt < oldest.CreatedAt
            || (run.CreatedAt == oldest.CreatedAt && string.CompareOrdinal(run.Id, oldest.Id) < 0)))
        {
            _oldestUnfinished = run;
        }
    }

    private TaskRunSummary ToResponse(bool isComplete, IReadOnlyList<CreatedCount>? created) => new()
    {
        Total = _statuses.Values.Sum(),
        Complete = isComplete,
        ByStatus = StatusCounts.Of(_statuses),
        ByTask = [.. _tasks.Largest.Select(ToReference)],
        ByTaskOmitted = _tasks.Omitted,
        ByFeature = [.. _features.Largest.Select(ToReference)],
        ByFeatureOmitted = _features.Omitted,
        ByModel = [.. _models.Largest.Select(ToModel)],
        ByModelOmitted = _models.Omitted,
        ByFailureCode = [.. _failures.Largest.Select(ToFailure)],
        ByFailureCodeOmitted = _failures.Omitted,
        OldestUnfinished = _oldestUnfinished is { } oldest ? new() { Id = oldest.Id, CreatedAt = oldest.CreatedAt } : null,
        DurationSeconds = Durations([.. _durations.Order()]),
        Created = created,
    };

    private static ReferenceCount ToReference(RunGroup group) =>
        new() { Id = group.Key, Name = group.Name, Total = group.Total, Failed = group.Failed };

    private static ModelCount ToModel(RunGroup group) =>
        new() { Name = ModelNameComparer.Normalize(group.Key!), Total = group.Total, Failed = group.Failed };

    private static FailureCount ToFailure(RunGroup group) => new() { Code = group.Key!, Total = group.Total, Failed = group.Failed };

    private static DurationSummary? Durations(long[] ascending) => ascending.Length == 0
        ? null
        : new() { P50 = Percentile(ascending, 50), P95 = Percentile(ascending, 95), Max = ascending[^1] };

    /// <summary>Returns the nearest-rank percentile: the smallest value that so many percent of the values do not exceed.</summary>
    public static long Percentile(long[] ascending, int percent) => ascending[(int)((((long)ascending.Length * percent) + 99) / 100) - 1];
}
