using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Writes one run as JSON for callers: every property of <see cref="TaskRun"/>, in its order, without white space. Equal
/// runs must be equal bytes on every replica, because the ETag of a page is a hash of them.
/// </summary>
internal sealed class TaskRunWriter(TimeZoneInfo zone, HelpLanguage language)
{
    // Hangul is not escaped. Characters with a meaning in HTML are, so that the JSON is safe inside a script element or
    // an attribute.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private readonly FailureCatalog _failures = new(language);

    /// <summary>Writes a run with an id, and returns it as written.</summary>
    public TaskRun Write(IBufferWriter<byte> output, NclueTaskRun sent)
    {
        var run = Convert(sent);
        using var json = new Utf8JsonWriter(output, Json);
        JsonSerializer.Serialize(json, run, JsonSerializerOptions.Web);
        return run;
    }

    private TaskRun Convert(NclueTaskRun sent)
    {
        var status = OfRun(sent.Status);
        var isCompleted = status == TaskRunStatus.Completed;
        var createdAt = NclueTimestamp.Parse(sent.CreatedAt, zone);
        var completedAt = NclueTimestamp.Parse(sent.CompletedAt, zone);
        return new()
        {
            Id = sent.Id!,
            Name = sent.Name,
            Status = status,
            Task = new() { Id = sent.TaskId, Name = sent.TaskName },
            Feature = new() { Id = sent.FeatureId, Name = sent.FeatureName, LineCount = sent.LineCount },
            Model = sent is { ModelName: null, ModelStatus: null }
                ? null
                : new() { Name = sent.ModelName, Status = OfModel(sent.ModelStatus) },
            CreatedAt = createdAt,
            CompletedAt = completedAt,
            DurationSeconds = isCompleted ? SecondsBetween(createdAt, completedAt) : null,
            // The upstream sets the path when a run is created, before the file exists.
            Result = !isCompleted || sent is { ResultBucket: null, ResultFilePath: null }
                ? null
                : new() { Bucket = sent.ResultBucket, Path = sent.ResultFilePath },
            Failure = sent.FailMessage is { } message ? _failures.Find(message) : null,
        };
    }

    private static long? SecondsBetween(DateTimeOffset? from, DateTimeOffset? to) =>
        (to - from)?.Ticks / TimeSpan.TicksPerSecond is >= 0 and var seconds ? seconds : null;

    // NCLUE's documentation is inconsistent: "complete" where a run is created, "completed" where it is listed.
    private static TaskRunStatus OfRun(string? sent) => Word(sent) switch
    {
        "REGISTERED" => TaskRunStatus.Registered,
        "PENDING" => TaskRunStatus.Pending,
        "IN_PROGRESS" => TaskRunStatus.InProgress,
        "COMPLETE" or "COMPLETED" => TaskRunStatus.Completed,
        "FAILED" => TaskRunStatus.Failed,
        _ => TaskRunStatus.Unknown,
    };

    private static ModelStatus OfModel(string? sent) => Word(sent) switch
    {
        "ACTIVE" => ModelStatus.Active,
        "DEPRECATED" => ModelStatus.Deprecated,
        _ => ModelStatus.Unknown,
    };

    private static string? Word(string? sent) => sent?.Trim().ToUpperInvariant();
}
