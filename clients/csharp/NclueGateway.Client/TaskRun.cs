using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>One task run: one feature put through one trained task. Compared by content.</summary>
public sealed record TaskRun
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>The run's name.</summary>
    public string? Name { get; init; }

    /// <summary>How far the run has come.</summary>
    public required TaskRunStatus Status { get; init; }

    /// <summary>The task that was run.</summary>
    public required TaskRunReference Task { get; init; }

    /// <summary>The feature it was run on.</summary>
    public required TaskRunFeature Feature { get; init; }

    /// <summary>The NCLUE model behind the task; null where NCLUE does not tell.</summary>
    public TaskRunModel? Model { get; init; }

    /// <summary>When the run was created, in the gateway's time zone, to the second.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the run ended; null before.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Seconds from creation to completion; null until completed.</summary>
    public long? DurationSeconds { get; init; }

    /// <summary>Where the result lies; null unless the run is completed.</summary>
    public TaskRunResult? Result { get; init; }

    /// <summary>Why the run failed; null unless NCLUE gives a reason.</summary>
    public TaskRunFailure? Failure { get; init; }

    /// <summary>Whether the run is registered, pending or in progress, so that it will change.</summary>
    [JsonIgnore]
    public bool IsUnfinished => Status is TaskRunStatus.Registered or TaskRunStatus.Pending or TaskRunStatus.InProgress;
}

/// <summary>A task, by id and name.</summary>
public sealed record TaskRunReference
{
    /// <summary>The task's id.</summary>
    public string? Id { get; init; }

    /// <summary>The task's name.</summary>
    public string? Name { get; init; }
}

/// <summary>A feature, by id and name.</summary>
public sealed record TaskRunFeature
{
    /// <summary>The feature's id.</summary>
    public string? Id { get; init; }

    /// <summary>The feature's name.</summary>
    public string? Name { get; init; }

    /// <summary>Lines of the feature, not of the result.</summary>
    public long? LineCount { get; init; }
}

/// <summary>A version of NCLUE's foundation model.</summary>
public sealed record TaskRunModel
{
    /// <summary>The model's name as NCLUE sends it; one model has been seen under two spellings (NFM2, NFM02).</summary>
    public string? Name { get; init; }

    /// <summary>Whether the model is still supported.</summary>
    public required ModelStatus Status { get; init; }
}

/// <summary>Where a result lies in NAVER Cloud Object Storage.</summary>
public sealed record TaskRunResult
{
    /// <summary>The bucket.</summary>
    public string? Bucket { get; init; }

    /// <summary>The path in the bucket, as NCLUE sends it.</summary>
    public string? Path { get; init; }
}

/// <summary>Why a run failed.</summary>
public sealed record TaskRunFailure
{
    /// <summary>The documented code; null for a message that NCLUE's guide does not list.</summary>
    public string? Code { get; init; }

    /// <summary>NCLUE's own message.</summary>
    public required string Message { get; init; }

    /// <summary>The page of NCLUE's guide that explains the failure, or the guide's overview of failures.</summary>
    public required Uri Help { get; init; }

    /// <summary>Whether creating the same run again may succeed; null when nobody knows.</summary>
    public bool? Retryable { get; init; }
}
