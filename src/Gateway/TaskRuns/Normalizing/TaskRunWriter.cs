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
    // Hangul is not escaped. Characters with a meaning in HTML are escaped, so that the JSON is safe inside a script
    // element or an attribute.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The serializer's options for all responses about runs.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Web) { Encoder = Json.Encoder };

    private readonly FailureCatalog _failures = new(language);

    /// <summary>Writes a run, and returns it as written.</summary>
    /// <param name="output">Receives the JSON.</param>
    /// <param name="id">The run's id.</param>
    /// <param name="sent">
    /// The object that NCLUE sent. The documentation guarantees no property.
    /// (Source: https://api.ncloud-docs.com/docs/nclue-gettaskrunlist)
    /// </param>
    public TaskRun Write(IBufferWriter<byte> output, string id, JsonElement sent)
    {
        var run = Convert(id, sent);
        Write(output, run);
        return run;
    }

    /// <summary>Writes a run.</summary>
    public static void Write(IBufferWriter<byte> output, TaskRun run)
    {
        using var json = new Utf8JsonWriter(output, Json);
        JsonSerializer.Serialize(json, run, Options);
    }

    private TaskRun Convert(string id, JsonElement sent)
    {
        var status = OfRun(Text("status"));
        var isCompleted = status == TaskRunStatus.Completed;
        var createdAt = NclueTimestamp.Parse(Text("created_at"), zone);
        var completedAt = NclueTimestamp.Parse(Text("completed_at"), zone);
        var (model, modelStatus) = (Text("nclue_model_name"), Text("nclue_model_status"));
        var (bucket, path) = (Text("result_bucket"), Text("result_file_path"));
        return new()
        {
            Id = id,
            Name = Text("run_name"),
            Status = status,
            Task = new() { Id = Text("task_id"), Name = Text("task_name") },
            // The count is that of the feature, not of the result.
            Feature = new() { Id = Text("feature_id"), Name = Text("feature_name"), LineCount = JsonText.ReadCount(sent, "line_count") },
            Model = model is null && modelStatus is null ? null : new() { Name = model, Status = OfModel(modelStatus) },
            CreatedAt = createdAt,
            CompletedAt = completedAt,
            DurationSeconds = isCompleted ? SecondsBetween(createdAt, completedAt) : null,
            // The upstream sets the path when a run is created, before the file exists.
            Result = !isCompleted || (bucket is null && path is null) ? null : new() { Bucket = bucket, Path = path },
            Failure = Text("fail_message") is { } message ? _failures.Find(message) : null,
        };

        string? Text(string name) => JsonText.Read(sent, name);
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
