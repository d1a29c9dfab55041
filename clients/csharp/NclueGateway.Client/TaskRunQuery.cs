namespace NclueGateway.Client;

/// <summary>
/// A query on all runs of the account. A run matches if it meets all conditions; a condition with several values is met
/// by any of them. An empty list, or null, is no condition.
/// </summary>
public sealed record TaskRunQuery
{
    /// <summary>Runs with any of these statuses.</summary>
    public IReadOnlyCollection<TaskRunStatus> Statuses { get; init; } = [];

    /// <summary>Runs of any of these tasks, by id; at most 20.</summary>
    public IReadOnlyCollection<string> TaskIds { get; init; } = [];

    /// <summary>Runs on any of these features, by id; at most 20.</summary>
    public IReadOnlyCollection<string> FeatureIds { get; init; } = [];

    /// <summary>Runs of any of these models. NFM2 and NFM02 are the same; case does not matter.</summary>
    public IReadOnlyCollection<string> Models { get; init; } = [];

    /// <summary>Runs of models with any of these support states.</summary>
    public IReadOnlyCollection<ModelStatus> ModelStatuses { get; init; } = [];

    /// <summary>Runs that failed for any of these reasons: values of <see cref="TaskRunFailure.Code"/>.</summary>
    public IReadOnlyCollection<string> FailureCodes { get; init; } = [];

    /// <summary>Runs created at or after this time.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Runs created before this time.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Runs that ended at or after this time. A run that has not ended does not match.</summary>
    public DateTimeOffset? CompletedAfter { get; init; }

    /// <summary>Runs that ended before this time. A run that has not ended does not match.</summary>
    public DateTimeOffset? CompletedBefore { get; init; }

    /// <summary>
    /// Words that must all occur in the run's id, name, task name, feature name or failure code: 1 to 100 characters.
    /// Case does not matter, and composed and decomposed Hangul are the same.
    /// </summary>
    public string? Search { get; init; }

    /// <summary>The order; the newest runs first by default.</summary>
    public TaskRunSort Sort { get; init; }

    /// <summary>
    /// Maximum number of runs per page: 1 to 100. Null, the default, is 20 for one page and 100 when all pages are read.
    /// </summary>
    public int? Limit { get; init; }

    /// <summary>First run of the first page, counted from 0 in the result: 0 to 10,000,000.</summary>
    public int Index { get; init; }

    /// <summary>
    /// True to get a result from a part of the list while the gateway has not read the whole list yet. False, the
    /// default: the read throws a <see cref="NclueGatewayException"/> with <see cref="ProblemSlugs.ListIncomplete"/> then.
    /// </summary>
    public bool Partial { get; init; }
}

/// <summary>Order of a query's result. Runs without the value come last; equal ones are sorted by id.</summary>
public enum TaskRunSort
{
    /// <summary>The newest runs first.</summary>
    CreatedAtDescending,

    /// <summary>The oldest runs first.</summary>
    CreatedAt,

    /// <summary>The runs that ended last first.</summary>
    CompletedAtDescending,

    /// <summary>The runs that ended first first.</summary>
    CompletedAt,

    /// <summary>The longest durations first.</summary>
    DurationSecondsDescending,

    /// <summary>The shortest durations first.</summary>
    DurationSeconds,

    /// <summary>By name, in the reverse order of <see cref="Name"/>.</summary>
    NameDescending,

    /// <summary>By name, in the order of code points without case.</summary>
    Name,
}
