namespace NclueGateway.Console;

/// <summary>The content of the page of a run.</summary>
public sealed record RunModel
{
    public required string Id { get; init; }

    public required string? Name { get; init; }

    public required string Status { get; init; }

    public required NameLink Task { get; init; }

    public required NameLink Feature { get; init; }

    /// <summary>Number of lines of the feature.</summary>
    public required long? FeatureLines { get; init; }

    public required string? Model { get; init; }

    public required bool IsModelDeprecated { get; init; }

    public required DateTimeOffset? CreatedAt { get; init; }

    public required DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Seconds from creation to completion; null unless the run is completed.</summary>
    public required long? Seconds { get; init; }

    /// <summary>Seconds since creation; null for a run that has ended.</summary>
    public required long? RunningFor { get; init; }

    /// <summary>The durations of the same task; null without any.</summary>
    public required TypicalDuration? Typical { get; init; }

    public required string? Bucket { get; init; }

    public required string? ResultPath { get; init; }

    public required FailureModel? Failure { get; init; }

    /// <summary>The run as the API returns it, indented.</summary>
    public required string Json { get; init; }

    /// <summary>A command that reads the run.</summary>
    public required string Curl { get; init; }
}

/// <summary>The durations of the completed runs of a task, in seconds.</summary>
public sealed record TypicalDuration(int Runs, long P50, long P95);

/// <summary>The failure of a run.</summary>
/// <param name="Code">The documented code; null for another message.</param>
/// <param name="Message">NCLUE's message.</param>
/// <param name="Help">The address of the explanation in NCLUE's guide.</param>
/// <param name="IsRetryable">True if the same run may succeed when it is created again; null if that is not documented.</param>
public sealed record FailureModel(string? Code, string Message, string Help, bool? IsRetryable);
