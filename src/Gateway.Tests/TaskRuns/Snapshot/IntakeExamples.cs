using System.Text;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>
/// Rolls and responses as text, for short tests: ids with a space between them, <c>|</c> for a gap mark, <c>?</c> for a hole. An id's
/// value stands behind a colon, <c>done</c> is a finished one.
/// </summary>
internal static class IntakeExamples
{
    /// <summary>Returns a roll: the text after one response for each version.</summary>
    public static string Text(this Roll roll) =>
        (roll.HasGapAtHead ? "| " : "")
        + string.Join(' ', roll.From(0).Select(entry => Text(entry.Run) + (entry.HasGapBehind ? " |" : "")));

    /// <summary>Returns a response.</summary>
    /// <param name="slots">The ids.</param>
    /// <param name="firstRow">Row of the first one.</param>
    /// <param name="isShort">True if the list ends with them.</param>
    /// <param name="departure">Departure of the request.</param>
    /// <param name="since">The newest version when the request was permitted.</param>
    public static ListResponse Response(string slots, int firstRow = 0, bool isShort = false, long departure = 100, long since = 100) =>
        new(firstRow, [.. slots.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Run)], isShort, departure, since);

    /// <summary>Takes in a response whose rows can be placed, and returns the next version.</summary>
    public static Roll Taking(this Roll roll, ListResponse response)
    {
        var (outcome, entry) = Intake.Take(roll, response);
        outcome.ShouldBe(IntakeOutcome.Placed);
        return roll.Apply(entry!, roll.Version + (entry!.Change is null ? 0 : 1));
    }

    /// <summary>Takes in a response, and returns the outcome and the changes.</summary>
    public static (IntakeOutcome Outcome, RollChange? Change) Take(Roll roll, ListResponse response, bool isConfirmed = false)
    {
        var (outcome, entry) = Intake.Take(roll, response, isConfirmed);
        return (outcome, entry?.Change);
    }

    /// <summary>Applies changes, made by a response that held none of the runs.</summary>
    public static Roll Apply(this Roll roll, RollChange change) =>
        roll.Apply(new LogEntry(new(100, 100, false, false, []), change), roll.Version + 1);

    /// <summary>Returns a complete list of these ids, as version 1.</summary>
    public static Roll Complete(string ids) => Roll.Unknown.Taking(Response(ids, isShort: true, departure: 1, since: 0));

    private static SnapshotRun? Run(string slot)
    {
        var parts = slot.Split(':');
        var isFinished = parts.Length > 1 && parts[1].StartsWith("done", StringComparison.Ordinal);
        return slot == "?" ? null : Run(parts[0], slot, isFinished);
    }

    /// <summary>Returns a run whose JSON is any text.</summary>
    public static SnapshotRun Run(string id, string text, bool isFinished) =>
        new(Encoding.UTF8.GetBytes(text), new() { Id = id, Status = isFinished ? TaskRunStatus.Completed : TaskRunStatus.InProgress });

    private static string Text(SnapshotRun run) => Encoding.UTF8.GetString(run.Json.Span);
}
