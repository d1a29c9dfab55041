using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>A task run: one feature processed by one trained task. Compared by content.</summary>
public sealed record TaskRun
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>The run's name.</summary>
    public string? Name { get; init; }

    /// <summary>The run's state.</summary>
    public required TaskRunStatus Status { get; init; }

    /// <summary>The task that was run.</summary>
    public required TaskRunReference Task { get; init; }

    /// <summary>The feature it was run on.</summary>
    public required TaskRunFeature Feature { get; init; }

    /// <summary>The NCLUE model of the task; null if NCLUE does not send it.</summary>
    public TaskRunModel? Model { get; init; }

    /// <summary>Creation time in the gateway's time zone, to the second.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Time at which the run ended; null before.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Seconds from creation to completion; null until completed.</summary>
    public long? DurationSeconds { get; init; }

    /// <summary>Location of the result; null unless the run is completed.</summary>
    public TaskRunResult? Result { get; init; }

    /// <summary>Reason of the failure; null unless NCLUE gives a reason.</summary>
    public TaskRunFailure? Failure { get; init; }

    /// <summary>True if the run is registered, pending or in progress, so that it will change.</summary>
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

    /// <summary>Number of lines of the feature, not of the result.</summary>
    public long? LineCount { get; init; }
}

/// <summary>A version of NCLUE's foundation model.</summary>
public sealed record TaskRunModel
{
    /// <summary>The model's name as NCLUE sends it; one model was observed with two spellings (NFM2, NFM02).</summary>
    public string? Name { get; init; }

    /// <summary>Support state of the model.</summary>
    public required ModelStatus Status { get; init; }
}

/// <summary>Location of a result in NAVER Cloud Object Storage.</summary>
public sealed record TaskRunResult
{
    /// <summary>The bucket.</summary>
    public string? Bucket { get; init; }

    /// <summary>The path in the bucket, as NCLUE sends it.</summary>
    public string? Path { get; init; }
}

/// <summary>Reason of a run's failure.</summary>
public sealed record TaskRunFailure
{
    /// <summary>The documented code; null for a message that NCLUE's guide does not list.</summary>
    public string? Code { get; init; }

    /// <summary>NCLUE's own message.</summary>
    public required string Message { get; init; }

    /// <summary>The page of NCLUE's guide that explains the failure, or the guide's overview of failures.</summary>
    public required Uri Help { get; init; }

    /// <summary>True if creating the same run again may succeed; null if it is not known.</summary>
    public bool? Retryable { get; init; }
}
