using System.Text;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The values of a run that callers can filter by, sort by and search in.</summary>
internal sealed record RunColumns
{
    public required string Id { get; init; }

    public required TaskRunStatus Status { get; init; }

    public string? TaskId { get; init; }

    public string? TaskName { get; init; }

    public string? FeatureId { get; init; }

    public string? FeatureName { get; init; }

    public string? ModelName { get; init; }

    /// <summary>The model's support status; null for a run without a model.</summary>
    public ModelStatus? ModelStatus { get; init; }

    /// <summary>The documented code of the failure; null without one.</summary>
    public string? FailureCode { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public long? DurationSeconds { get; init; }

    /// <summary>
    /// Id, name, task name, feature name and failure code, each in the form of <see cref="Fold"/>, with a line break between each two.
    /// UTF-8: it takes half the memory of a string.
    /// </summary>
    public byte[] FoldedText { get; init; } = [];

    /// <summary>The name's place in <see cref="FoldedText"/>; null for a run without a name.</summary>
    public Range? NameRange { get; init; }

    /// <summary>True if the run has ended, so that its value is not expected to change.</summary>
    public bool IsFinished => Status is TaskRunStatus.Completed or TaskRunStatus.Failed;

    /// <summary>Returns the columns of a run as the writer of its JSON got it.</summary>
    public static RunColumns Of(TaskRun run)
    {
        var nameStart = Encoding.UTF8.GetByteCount(Fold(run.Id)) + 1;
        return new()
        {
            Id = run.Id,
            Status = run.Status,
            TaskId = SharedTexts.Get(run.Task.Id),
            TaskName = SharedTexts.Get(run.Task.Name),
            FeatureId = SharedTexts.Get(run.Feature.Id),
            FeatureName = SharedTexts.Get(run.Feature.Name),
            ModelName = SharedTexts.Get(run.Model?.Name),
            ModelStatus = run.Model?.Status,
            FailureCode = SharedTexts.Get(run.Failure?.Code),
            CreatedAt = run.CreatedAt,
            CompletedAt = run.CompletedAt,
            DurationSeconds = run.DurationSeconds,
            FoldedText = Encoding.UTF8.GetBytes(
                Fold(string.Join('\n', run.Id, run.Name, run.Task.Name, run.Feature.Name, run.Failure?.Code))),
            NameRange = run.Name is { } name ? nameStart..(nameStart + Encoding.UTF8.GetByteCount(Fold(name))) : null,
        };
    }

    /// <summary>Returns a text in the form in which texts are compared: Unicode NFC, in lower case of the invariant culture.</summary>
    public static string Fold(string text) => (IsWellFormed(text) ? text.Normalize(NormalizationForm.FormC) : text).ToLowerInvariant();

    /// <summary>Returns false for half a surrogate pair, which <see cref="string.Normalize()"/> refuses.</summary>
    private static bool IsWellFormed(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }
}
