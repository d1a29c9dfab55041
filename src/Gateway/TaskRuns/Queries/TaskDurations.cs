using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The durations of the completed runs of one task, in seconds.</summary>
/// <param name="TaskId">The task's id; null for runs without one.</param>
/// <param name="TaskName">The task's name, of its newest run.</param>
/// <param name="Runs">Number of runs with a duration.</param>
/// <param name="P50">The median.</param>
/// <param name="P95">The 95th percentile, nearest rank.</param>
internal sealed record TaskDurations(string? TaskId, string? TaskName, int Runs, long P50, long P95)
{
    /// <summary>Returns the tasks with the most such runs.</summary>
    /// <param name="roll">The runs of a version.</param>
    /// <param name="filter">The conditions.</param>
    /// <param name="most">Maximum number of tasks.</param>
    public static IReadOnlyList<TaskDurations> Of(Roll roll, RunFilter filter, int most) =>
    [
        .. filter.In(roll)
            .Select(found => found.Run.Columns)
            .Where(run => run.DurationSeconds is not null)
            .GroupBy(run => run.TaskId)
            .OrderByDescending(task => task.Count())
            .ThenBy(task => task.Key, StringComparer.Ordinal)
            .Take(most)
            .Select(task =>
            {
                long[] ascending = [.. task.Select(run => run.DurationSeconds!.Value).Order()];
                return new TaskDurations(
                    task.Key,
                    task.MaxBy(run => run.CreatedAt)!.TaskName,
                    ascending.Length,
                    RunSummary.Percentile(ascending, 50),
                    RunSummary.Percentile(ascending, 95));
            }),
    ];
}
