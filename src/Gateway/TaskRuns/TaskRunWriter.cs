using System.Buffers;
using NclueGateway.Nclue;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Writes one run as callers see it: every property always, in this order, without blanks. The shape is a contract, and equal runs must be
/// equal bytes on every replica: the ETag of a page is made of them.
/// </summary>
internal sealed class TaskRunWriter(TimeZoneInfo zone, HelpLanguage language)
{
    private readonly FailureTable _failures = new(language);

    /// <param name="json">Where the object is written.</param>
    /// <param name="run">A run with an id.</param>
    /// <param name="status">The run's status in our words.</param>
    /// <param name="createdAt">The time of creation, read from the run.</param>
    public void Write(IBufferWriter<byte> json, UpstreamRun run, string status, DateTimeOffset? createdAt)
    {
        var completedAt = RunTime.Parse(run.CompletedAt, zone);
        var completed = status == TaskRunStatus.Completed;

        WriteText(json, "{\"id\":"u8, run.Id); // first, because TaskRunRows.Id looks for it there
        WriteText(json, ",\"name\":"u8, run.Name);
        WriteText(json, ",\"status\":"u8, status);

        WriteText(json, ",\"task\":{\"id\":"u8, run.TaskId);
        WriteText(json, ",\"name\":"u8, run.TaskName);

        WriteText(json, "},\"feature\":{\"id\":"u8, run.FeatureId);
        WriteText(json, ",\"name\":"u8, run.FeatureName);
        WriteNumber(json, ",\"lineCount\":"u8, run.LineCount);

        json.Write("},\"model\":"u8);
        WriteModel(json, run);

        WriteText(json, ",\"createdAt\":"u8, RunTime.ToText(createdAt));
        WriteText(json, ",\"completedAt\":"u8, RunTime.ToText(completedAt));
        WriteNumber(json, ",\"durationSeconds\":"u8, completed ? SecondsBetween(createdAt, completedAt) : null);

        json.Write(",\"result\":"u8);
        WriteResult(json, completed ? run : null);

        json.Write(",\"failure\":"u8);
        WriteFailure(json, run.FailMessage);
        json.Write("}"u8);
    }

    private static long? SecondsBetween(DateTimeOffset? from, DateTimeOffset? to) =>
        (to - from)?.Ticks / TimeSpan.TicksPerSecond is >= 0 and var seconds ? seconds : null;

    private static void WriteModel(IBufferWriter<byte> json, UpstreamRun run)
    {
        if (run.ModelName is null && run.ModelStatus is null)
        {
            json.Write("null"u8);
            return;
        }

        WriteText(json, "{\"name\":"u8, run.ModelName);
        WriteText(json, ",\"status\":"u8, TaskRunStatus.OfModel(run.ModelStatus));
        json.Write("}"u8);
    }

    /// <summary>The upstream fills the path when a run is created, before there is a file: only a completed run has a result.</summary>
    private static void WriteResult(IBufferWriter<byte> json, UpstreamRun? completed)
    {
        if (completed is null or { ResultBucket: null, ResultFilePath: null })
        {
            json.Write("null"u8);
            return;
        }

        WriteText(json, "{\"bucket\":"u8, completed.ResultBucket);
        WriteText(json, ",\"path\":"u8, completed.ResultFilePath);
        json.Write("}"u8);
    }

    private void WriteFailure(IBufferWriter<byte> json, string? message)
    {
        if (message is null)
        {
            json.Write("null"u8);
            return;
        }

        var failure = _failures.Find(message);
        WriteText(json, "{\"code\":"u8, failure.Code);
        WriteText(json, ",\"message\":"u8, message);
        WriteText(json, ",\"help\":"u8, failure.Help);
        json.Write(",\"retryable\":"u8);
        json.Write(failure.Retryable switch { true => "true"u8, false => "false"u8, null => "null"u8 });
        json.Write("}"u8);
    }

    private static void WriteText(IBufferWriter<byte> json, ReadOnlySpan<byte> name, string? text)
    {
        json.Write(name);
        JsonText.Write(json, text);
    }

    private static void WriteNumber(IBufferWriter<byte> json, ReadOnlySpan<byte> name, long? number)
    {
        json.Write(name);
        JsonText.Write(json, number);
    }
}
