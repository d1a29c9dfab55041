using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Writes one run as JSON for callers: every property, in this order, without white space. The shape is a contract.
/// Equal runs must be equal bytes on every replica, because the ETag of a page is a hash of them.
/// </summary>
internal sealed class TaskRunWriter(TimeZoneInfo zone, HelpLanguage language)
{
    // Hangul is not escaped. Characters with a meaning in HTML are, so that the JSON is safe inside a script element or
    // an attribute.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        SkipValidation = true,
    };

    private readonly FailureCatalog _failures = new(language);

    /// <summary>Writes the run.</summary>
    /// <param name="output">Receives the object.</param>
    /// <param name="run">A run with an id.</param>
    /// <param name="status">The run's status, as <see cref="TaskRunStatus"/> defines it.</param>
    /// <param name="createdAt">The time of creation, read from the run.</param>
    public void Write(IBufferWriter<byte> output, NclueTaskRun run, string status, DateTimeOffset? createdAt)
    {
        var completedAt = NclueTimestamp.Parse(run.CompletedAt, zone);
        var completed = status == TaskRunStatus.Completed;

        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("id"u8, run.Id); // first: TaskRunRows.Head requires it
        json.WriteString("name"u8, run.Name);
        json.WriteString("status"u8, status);

        json.WriteStartObject("task"u8);
        json.WriteString("id"u8, run.TaskId);
        json.WriteString("name"u8, run.TaskName);
        json.WriteEndObject();

        json.WriteStartObject("feature"u8);
        json.WriteString("id"u8, run.FeatureId);
        json.WriteString("name"u8, run.FeatureName);
        WriteNumber(json, "lineCount"u8, run.LineCount);
        json.WriteEndObject();

        WriteModel(json, run);

        WriteTime(json, "createdAt"u8, createdAt);
        WriteTime(json, "completedAt"u8, completedAt);
        WriteNumber(json, "durationSeconds"u8, completed ? SecondsBetween(createdAt, completedAt) : null);

        WriteResult(json, completed ? run : null);
        WriteFailure(json, run.FailMessage);
        json.WriteEndObject();
    }

    private static long? SecondsBetween(DateTimeOffset? from, DateTimeOffset? to) =>
        (to - from)?.Ticks / TimeSpan.TicksPerSecond is >= 0 and var seconds ? seconds : null;

    private static void WriteModel(Utf8JsonWriter json, NclueTaskRun run)
    {
        if (run.ModelName is null && run.ModelStatus is null)
        {
            json.WriteNull("model"u8);
            return;
        }

        json.WriteStartObject("model"u8);
        json.WriteString("name"u8, run.ModelName);
        json.WriteString("status"u8, TaskRunStatus.OfModel(run.ModelStatus));
        json.WriteEndObject();
    }

    /// <summary>
    /// Writes the result of a completed run. The upstream sets the path when a run is created, before the file exists.
    /// </summary>
    private static void WriteResult(Utf8JsonWriter json, NclueTaskRun? completed)
    {
        if (completed is null or { ResultBucket: null, ResultFilePath: null })
        {
            json.WriteNull("result"u8);
            return;
        }

        json.WriteStartObject("result"u8);
        json.WriteString("bucket"u8, completed.ResultBucket);
        json.WriteString("path"u8, completed.ResultFilePath);
        json.WriteEndObject();
    }

    private void WriteFailure(Utf8JsonWriter json, string? message)
    {
        if (message is null)
        {
            json.WriteNull("failure"u8);
            return;
        }

        var failure = _failures.Find(message);
        json.WriteStartObject("failure"u8);
        json.WriteString("code"u8, failure.Code);
        json.WriteString("message"u8, message);
        json.WriteString("help"u8, failure.Help);
        if (failure.Retryable is { } retryable)
        {
            json.WriteBoolean("retryable"u8, retryable);
        }
        else
        {
            json.WriteNull("retryable"u8);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a time without escaping: the default encoder would escape the plus sign of its offset.</summary>
    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (NclueTimestamp.ToText(time) is { } text)
        {
            json.WriteString(name, JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
