using System.Globalization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream;

namespace NclueGateway.Micro;

/// <summary>The cost of a snapshot of many runs: memory, time of one response, and length of the log.</summary>
internal sealed class SnapshotFigures
{
    private const int Steps = 300;

    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), HelpLanguage.Ko);

    private readonly SimulatedRuns _runs;
    private readonly int _count;
    private readonly SnapshotVersions _versions = new(new(), TimeProvider.System);
    private SnapshotState _state = SnapshotState.Empty;
    private long _length;
    private long _departure;

    private SnapshotFigures(int count)
    {
        _count = count;
        _runs = new(new() { Runs = count, Frozen = true });
    }

    /// <summary>Measures a snapshot of a number of runs, and writes the figures as lines of a table.</summary>
    public static void Write(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var figures = new SnapshotFigures(count);
        var (windows, building) = figures.TakeAll();
        var rows = figures._state.Roll.From(0).Sum(entry => (long)entry.Run.Json.Length);
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before - rows;
        var entries = figures._length;
        var times = new List<TimeSpan>(Steps);
        var random = new Random(1);
        for (var step = 0; step < Steps; step++)
        {
            var row = random.Next(count / TaskRunRows.Capacity) * TaskRunRows.Capacity;
            times.Add(figures.Take(row, change: true));
        }

        times.Sort();
        var checkpoint = CheckpointFormat.Write(figures._state.Roll).Sum(piece => (long)piece.Length);
        var changes = (figures._length - entries) / Steps;
        Line($"| runs | {count:#,0} |");
        Line($"| requests until the list is whole | {windows:#,0}, at 1.05 s each {windows * 1.05 / 60:0.0} min |");
        Line($"| processor time of all these responses, each from its parsed rows to the next version | {building.TotalSeconds:0.0} s |");
        Line($"| memory beside the JSON of the runs ({rows / 1e6:0.0} MB) | {memory / 1e6:0.0} MB |");
        var (median, slow) = (times[Steps / 2].TotalMilliseconds, times[Steps * 95 / 100].TotalMilliseconds);
        Line($"| processor time of one such response with 3 changes | median {median:0.00} ms, p95 {slow:0.00} ms |");
        Line($"| log: all entries of the first pass | {entries / 1e6:0.0} MB |");
        Line($"| log: an entry with 3 changes | {changes:#,0} B |");
        Line($"| log: a checkpoint | {checkpoint / 1e6:0.0} MB |");
    }

    /// <summary>Returns a complete snapshot of a number of runs.</summary>
    /// <param name="count">Number of runs.</param>
    /// <param name="departure">Departure of the first response: milliseconds by the gateway's clock.</param>
    public static SnapshotState Build(int count, long departure)
    {
        var figures = new SnapshotFigures(count) { _departure = departure };
        figures.TakeAll();
        return figures._state;
    }

    private (int Windows, TimeSpan Cost) TakeAll()
    {
        var (windows, cost) = (0, TimeSpan.Zero);
        for (var row = 0; !_state.Roll.IsComplete; row += TaskRunRows.Capacity - SnapshotPlan.Overlap)
        {
            cost += Take(row, change: false);
            windows++;
        }

        return (windows, cost);
    }

    /// <summary>Takes in a response. Returns the processor time, which other programs on the machine hardly change.</summary>
    private TimeSpan Take(int row, bool change)
    {
        var body = SimulatedTaskRunList.Write(
            row, TaskRunRows.Capacity, _runs, SimulatedIndexUnit.Row, TotalCounts.Account, DateTimeOffset.UnixEpoch);
        if (!Normalizer.TryNormalize(body, out var response, out var error))
        {
            throw new InvalidOperationException(error);
        }

        var slots = response.Runs.Select((run, slot) =>
            run is null ? null : new SnapshotRun(response.Rows.Slice(slot, slot + 1), RunColumns.Of(run))).ToArray();
        for (var slot = 10; change && slot < 40; slot += 10)
        {
            slots[slot] = slots[slot] is { } run ? new(run.Json.ToArray().Append((byte)' ').ToArray(), run.Columns) : null;
        }

        var before = Environment.CpuUsage.TotalTime;
        var isShort = slots.Length < TaskRunRows.Capacity || row + slots.Length >= _count;
        var list = new ListResponse(row, slots, isShort, ++_departure, _state.Top.Number, _count);
        if (Intake.Take(_state.Roll, list).Entry is { } entry)
        {
            var bytes = LogEntryFormat.Write(entry);
            _length += bytes.Length;
            _state = _state.Apply(entry, LogChain.Next(_state.Top.Chain, bytes));
            _versions.Publish(_state);
            SnapshotPlan.Of(_state.Roll, ListOrder.NewestFirst, DateTimeOffset.UnixEpoch);
        }

        return Environment.CpuUsage.TotalTime - before;
    }

    private static void Line(FormattableString line) => System.Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
