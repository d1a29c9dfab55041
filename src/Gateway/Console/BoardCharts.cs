using System.Globalization;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.Console;

/// <summary>Counts runs for the board and makes its charts. Equal counts of one version are computed once for all visitors.</summary>
/// <param name="parser">Reads queries.</param>
/// <param name="results">Results of earlier queries.</param>
/// <param name="nclue">The zone of hours and days.</param>
internal sealed class BoardCharts(QueryParser parser, PageCache results, NclueOptions nclue)
{
    /// <summary>Number of days without a filter by days.</summary>
    private const int DefaultDays = 30;

    /// <summary>Maximum number of days: more bars are too narrow to be told apart.</summary>
    private const int MaxDays = 92;

    /// <summary>Number of days up to which bars are hours.</summary>
    private const int DaysByHour = 2;

    private const int MaxTasks = 8;

    /// <summary>Approximate memory of a result with its key, in bytes; most take less.</summary>
    private const int ResultBytes = 32 * 1024;

    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone);

    /// <summary>Returns counts; null if they would have too many hours or days.</summary>
    public TaskRunSummary? Count(ReadableSnapshot snapshot, SummaryQuery query) => results.GetOrCompute(
        new CountsKey(snapshot.Version, query.Text),
        () => (new Counts(RunSummary.Of(snapshot, query, _zone)), ResultBytes)).Summary;

    /// <summary>Returns the numbers of runs by hour or day, in the filter's range or its last days; null without any run.</summary>
    public ActivityChart? Activity(BoardQuery query, ReadableSnapshot snapshot, ConsoleLinks links, PageClock clock)
    {
        var last = DayOf(query.Value(BoardQuery.To)) is { } to && to < clock.Today ? to : clock.Today;
        var first = DayOf(query.Value(BoardQuery.From)) ?? last.AddDays(1 - DefaultDays);
        first = first < last.AddDays(1 - MaxDays) ? last.AddDays(1 - MaxDays) : first;
        var isByHour = last.DayNumber - first.DayNumber < DaysByHour;
        var unit = isByHour ? SummaryUnit.Hour : SummaryUnit.Day;
        if (first > last || query.CountsOf(parser, unit, Text(first), Text(last)) is not { } counts
            || Count(snapshot, counts)?.Created is not { Count: > 0 } created)
        {
            return null;
        }

        var found = created.ToDictionary(count => count.From.UtcDateTime);
        List<ActivityBar> bars = [];
        var end = Midnight(last.AddDays(1));
        for (var from = Midnight(first); from < end && from <= clock.Now; from = isByHour ? from.AddHours(1) : Next(from))
        {
            var count = found.GetValueOrDefault(from.UtcDateTime);
            var day = Text(DateOnly.FromDateTime(clock.Local(from).Date));
            bars.Add(new(
                clock.Local(from),
                count?.Completed ?? 0,
                count?.Failed ?? 0,
                count?.Other ?? 0,
                links.Board(query.With((BoardQuery.From, day), (BoardQuery.To, day)))));
        }

        return new(QueryParser.NameOf(unit), bars);

        DateTimeOffset Next(DateTimeOffset day) => Midnight(DateOnly.FromDateTime(clock.Local(day).Date).AddDays(1));
    }

    /// <summary>Returns the durations of the tasks with the most runs.</summary>
    public IReadOnlyList<DurationRow> Durations(BoardQuery query, ReadableSnapshot snapshot, ConsoleLinks links)
    {
        var counts = query.Counts!;
        var tasks = results.GetOrCompute(
            new DurationsKey(snapshot.Version, counts.Text),
            () => (TaskDurations.Of(snapshot.State.Roll, counts.Filter, MaxTasks), ResultBytes));
        return
        [
            .. tasks.Select(task => new DurationRow(
                links.Filter(query, "taskId", task.TaskId, task.TaskName), task.Runs, task.P50, task.P95)),
        ];
    }

    /// <summary>Returns the durations of the runs of a task; null without any.</summary>
    public TypicalDuration? TypicalOf(ReadableSnapshot snapshot, string? task)
    {
        if (task is null)
        {
            return null;
        }

        var filter = new RunFilter { TaskIds = new HashSet<string> { task } };
        var durations = results.GetOrCompute(
            new DurationsKey(snapshot.Version, "task " + task),
            () => (TaskDurations.Of(snapshot.State.Roll, filter, most: 1), ResultBytes));
        return durations is [var known] ? new(known.Runs, known.P50, known.P95) : null;
    }

    private DateTimeOffset Midnight(DateOnly day) =>
        QueryTime.Midnight(day.ToDateTime(TimeOnly.MinValue), _zone) ?? DateTimeOffset.MaxValue;

    private static DateOnly? DayOf(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : null;

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private sealed record Counts(TaskRunSummary? Summary);

    private readonly record struct CountsKey(SnapshotVersion Version, string Query);

    private readonly record struct DurationsKey(SnapshotVersion Version, string Query);
}
