using System.Text.Json;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Normalizing;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>A value as the upstream sends it, and its meaning.</summary>
internal readonly record struct Listed<T>(string? Sent, T? Meant);

/// <summary>A run as the upstream sends it, with the meaning of each value as the documentation of the gateway gives it.</summary>
internal sealed record ListedRun(string Id)
{
    public string? Name { get; init; }

    public Listed<string> Status { get; init; } = new("completed", "completed");

    public string? TaskId { get; init; }

    public string? TaskName { get; init; }

    public string? FeatureId { get; init; }

    public string? FeatureName { get; init; }

    /// <summary>The model; its meaning is one of the spellings, in lower case.</summary>
    public Listed<string> Model { get; init; }

    public Listed<string> ModelStatus { get; init; }

    /// <summary>The message of a failure; its meaning is the documented code.</summary>
    public Listed<string> Failure { get; init; }

    public Listed<DateTimeOffset?> CreatedAt { get; init; }

    public Listed<DateTimeOffset?> CompletedAt { get; init; }

    /// <summary>Seconds from creation to completion of a completed run.</summary>
    public long? DurationSeconds => Status.Meant == "completed" && CompletedAt.Meant - CreatedAt.Meant is { Ticks: >= 0 } duration
        ? (long)duration.TotalSeconds
        : null;

    public bool IsFinished => Status.Meant is "completed" or "failed";

    /// <summary>The run as a row of the upstream.</summary>
    public string Row => JsonSerializer.Serialize(
        new Dictionary<string, string?>
        {
            ["run_id"] = Id,
            ["run_name"] = Name,
            ["status"] = Status.Sent,
            ["task_id"] = TaskId,
            ["task_name"] = TaskName,
            ["feature_id"] = FeatureId,
            ["feature_name"] = FeatureName,
            ["nclue_model_name"] = Model.Sent,
            ["nclue_model_status"] = ModelStatus.Sent,
            ["fail_message"] = Failure.Sent,
            ["created_at"] = CreatedAt.Sent,
            ["completed_at"] = CompletedAt.Sent,
        }.Where(sent => sent.Value is not null).ToDictionary());

    /// <summary>Returns a time as the upstream sends it, in Korean time without an offset.</summary>
    public static Listed<DateTimeOffset?> At(DateTimeOffset time) =>
        new($"{time.ToOffset(TimeSpan.FromHours(9)):yyyy-MM-ddTHH:mm:ss}", time);

    /// <summary>Returns the complete list of some runs.</summary>
    public static Roll RollOf(IEnumerable<ListedRun> runs)
    {
        var slots = runs.Chunk(100)
            .SelectMany(chunk => NormalizerInputs.Normalize(NormalizerInputs.Body(chunk.Select(run => run.Row))).Runs)
            .Select(run => new SnapshotRun(JsonSerializer.SerializeToUtf8Bytes(run, TaskRunWriter.Options), RunColumns.Of(run!)));
        return Roll.Unknown.Taking(new(0, [.. slots], IsShort: true, Departure: 1, Since: 0));
    }
}
