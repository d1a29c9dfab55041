using System.Buffers;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>Runs with the JSON that callers get, and states of them.</summary>
internal static class LogExamples
{
    /// <summary>Returns a run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="name">Its name.</param>
    /// <param name="isFinished">True if it is completed.</param>
    public static SnapshotRun Run(string id, string name = "봄 세일", bool isFinished = false)
    {
        var run = new TaskRun
        {
            Id = id,
            Name = name,
            Status = isFinished ? TaskRunStatus.Completed : TaskRunStatus.InProgress,
            Task = new() { Id = $"task-{id}", Name = "Churn" },
            Feature = new() { Id = null, Name = "최근 30일 쇼핑 로그", LineCount = 93_734 },
            Model = new() { Name = "NFM2", Status = ModelStatus.Active },
            CreatedAt = new DateTimeOffset(2026, 11, 29, 9, 0, 0, TimeSpan.FromHours(9)),
            CompletedAt = isFinished ? new DateTimeOffset(2026, 11, 29, 9, 1, 0, TimeSpan.FromHours(9)) : null,
            DurationSeconds = isFinished ? 60 : null,
            Result = null,
            Failure = null,
        };
        var json = new ArrayBufferWriter<byte>();
        TaskRunWriter.Write(json, run);
        return new(json.WrittenMemory.ToArray(), RunColumns.Of(run));
    }

    /// <summary>Returns a response with these ids; a hole for an empty one.</summary>
    public static ListResponse Response(
        IEnumerable<string> ids, long departure, long since, int firstRow = 0, bool isShort = false, string name = "봄 세일") =>
        new(firstRow, [.. ids.Select(id => id.Length == 0 ? null : Run(id, name, isFinished: id[^1] == '0'))], isShort, departure, since);

    /// <summary>Describes all fields of a state. A record describes all of its own.</summary>
    public static string Describe(this SnapshotState state) => string.Join(
        '\n',
        [
            $"{state.Top} {state.Top.Chain} {state.Version} {state.Version.Chain}",
            Describe(state.Roll),
        ]);

    /// <summary>Describes all fields of a roll.</summary>
    public static string Describe(this Roll roll) => string.Join(
        '\n',
        [
            $"{roll.Version} {roll.HasGapAtHead} {roll.Count} {roll.IsComplete} {roll.SweptAt}",
            $"{roll.Traits}",
            .. roll.Removed.OrderBy(removal => removal.Key, StringComparer.Ordinal).Select(removal => $"{removal}"),
            .. roll.From(0).Select(entry => $"{entry}"),
        ]);
}
