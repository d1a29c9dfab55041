using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>
/// Counts of task runs. Each list has the entries with the most runs, at most 100; beside it stands what it lacks.
/// </summary>
public sealed record TaskRunSummary : GatewayContent
{
    /// <summary>Number of runs that match the query.</summary>
    public required int Total { get; init; }

    /// <summary>
    /// True if all runs of the account were counted. False only with <see cref="TaskRunQuery.Partial"/>, while the
    /// gateway has not read the whole list yet.
    /// </summary>
    public required bool Complete { get; init; }

    /// <summary>Number of runs by status.</summary>
    public required TaskRunStatusCounts ByStatus { get; init; }

    /// <summary>The tasks with the most runs.</summary>
    public required IReadOnlyList<TaskRunReferenceCount> ByTask { get; init; }

    /// <summary>The tasks that <see cref="ByTask"/> lacks.</summary>
    public required TaskRunOmittedCount ByTaskOmitted { get; init; }

    /// <summary>The features with the most runs.</summary>
    public required IReadOnlyList<TaskRunReferenceCount> ByFeature { get; init; }

    /// <summary>The features that <see cref="ByFeature"/> lacks.</summary>
    public required TaskRunOmittedCount ByFeatureOmitted { get; init; }

    /// <summary>The models with the most runs; runs without a model are not counted.</summary>
    public required IReadOnlyList<TaskRunModelCount> ByModel { get; init; }

    /// <summary>The models that <see cref="ByModel"/> lacks.</summary>
    public required TaskRunOmittedCount ByModelOmitted { get; init; }

    /// <summary>The failure codes with the most runs; runs without a documented code are not counted.</summary>
    public required IReadOnlyList<TaskRunFailureCount> ByFailureCode { get; init; }

    /// <summary>The failure codes that <see cref="ByFailureCode"/> lacks.</summary>
    public required TaskRunOmittedCount ByFailureCodeOmitted { get; init; }

    /// <summary>The unfinished run that was created first; null if there is none.</summary>
    public OldestTaskRun? OldestUnfinished { get; init; }

    /// <summary>Durations of completed runs, in seconds; null if there is none.</summary>
    public TaskRunDurations? DurationSeconds { get; init; }

    /// <summary>
    /// Counts by hour or day of creation, from the first to the last run and without a break; null if they were not
    /// requested.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TaskRunCreatedCount>? Created { get; init; }
}

/// <summary>Unit of counts by time of creation.</summary>
public enum SummaryUnit
{
    /// <summary>Hours in the gateway's time zone.</summary>
    Hour,

    /// <summary>Days in the gateway's time zone.</summary>
    Day,
}

/// <summary>Number of runs by status.</summary>
public sealed record TaskRunStatusCounts
{
    /// <summary>Number of runs that are created.</summary>
    public required int Registered { get; init; }

    /// <summary>Number of runs that wait to be started.</summary>
    public required int Pending { get; init; }

    /// <summary>Number of runs that are running.</summary>
    [JsonPropertyName("in_progress")]
    public required int InProgress { get; init; }

    /// <summary>Number of runs that ended with a result.</summary>
    public required int Completed { get; init; }

    /// <summary>Number of runs that ended without a result.</summary>
    public required int Failed { get; init; }

    /// <summary>Number of runs in a state that is not known to the gateway.</summary>
    public required int Unknown { get; init; }
}

/// <summary>Number of runs of one task, or on one feature.</summary>
public sealed record TaskRunReferenceCount
{
    /// <summary>The id; null for runs without one.</summary>
    public string? Id { get; init; }

    /// <summary>The name, of the newest run.</summary>
    public string? Name { get; init; }

    /// <summary>Number of runs.</summary>
    public required int Total { get; init; }

    /// <summary>Number of failed runs among them.</summary>
    public required int Failed { get; init; }
}

/// <summary>Number of runs of one model.</summary>
public sealed record TaskRunModelCount
{
    /// <summary>The name; the spellings of one model are counted together (NFM2 for NFM02).</summary>
    public required string Name { get; init; }

    /// <summary>Number of runs.</summary>
    public required int Total { get; init; }

    /// <summary>Number of failed runs among them.</summary>
    public required int Failed { get; init; }
}

/// <summary>Number of runs with one failure code.</summary>
public sealed record TaskRunFailureCount
{
    /// <summary>The documented code.</summary>
    public required string Code { get; init; }

    /// <summary>Number of runs.</summary>
    public required int Total { get; init; }

    /// <summary>Number of runs among them whose status is failed.</summary>
    public required int Failed { get; init; }
}

/// <summary>Number of entries that a list lacks because it has only the 100 largest ones.</summary>
public sealed record TaskRunOmittedCount
{
    /// <summary>Number of entries.</summary>
    public required int Entries { get; init; }

    /// <summary>Number of their runs.</summary>
    public required int Runs { get; init; }

    /// <summary>Number of failed runs among them.</summary>
    public required int Failed { get; init; }
}

/// <summary>The unfinished run that was created first.</summary>
public sealed record OldestTaskRun
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>Creation time in the gateway's time zone.</summary>
    public DateTimeOffset? CreatedAt { get; init; }
}

/// <summary>Durations of completed runs, in seconds.</summary>
public sealed record TaskRunDurations
{
    /// <summary>The median: half of the durations are not longer.</summary>
    public required long P50 { get; init; }

    /// <summary>The 95th percentile: 95 % of the durations are not longer.</summary>
    public required long P95 { get; init; }

    /// <summary>The longest duration.</summary>
    public required long Max { get; init; }
}

/// <summary>Number of runs that were created within one hour or day.</summary>
public sealed record TaskRunCreatedCount
{
    /// <summary>Begin of the hour or day, in the gateway's time zone.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Number of completed runs.</summary>
    public required int Completed { get; init; }

    /// <summary>Number of failed runs.</summary>
    public required int Failed { get; init; }

    /// <summary>Number of all others.</summary>
    public required int Other { get; init; }
}
