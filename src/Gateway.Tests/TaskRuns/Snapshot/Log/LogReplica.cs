using Microsoft.Extensions.Logging.Testing;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Simulation;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>A replica that shares the log: its newest state, and the versions that it has seen.</summary>
internal sealed class LogReplica
{
    /// <summary>A departure that is later than the time of any Redis.</summary>
    public const long Start = 4_000_000_000_000;

    private readonly FakeLogCollector _logs = new();

    /// <param name="store">The log.</param>
    /// <param name="clock">The clock of the replica.</param>
    /// <param name="options">The settings.</param>
    /// <param name="metrics">Creates the metrics, which do nothing by default.</param>
    public LogReplica(
        ILogStore store, TimeProvider clock, SnapshotOptions? options = null, Func<SnapshotLogCircuit, SnapshotLogMetrics>? metrics = null)
    {
        Circuit = new(clock, new FakeLogger<SnapshotLogCircuit>(_logs));
        options ??= new();
        using var none = new DisposedMeters();
        Log = new(
            store, Circuit, options, clock, new UnreadableValues(new FakeLogger<UnreadableValues>(_logs)),
            metrics?.Invoke(Circuit) ?? new(none, Circuit, new(options, new(), new(), clock)), new FakeLogger<SharedSnapshotLog>(_logs));
    }

    public SharedSnapshotLog Log { get; }

    public SnapshotLogCircuit Circuit { get; }

    public SnapshotState State { get; set; } = SnapshotState.Empty;

    /// <summary>The states that the last read gave.</summary>
    public IReadOnlyList<SnapshotState> Versions { get; private set; } = [];

    public IEnumerable<string> Ids => State.Roll.From(0).Select(entry => entry.Run.Id);

    /// <summary>The messages that were logged since the last call.</summary>
    public IReadOnlyList<string> Messages()
    {
        var messages = _logs.GetSnapshot().Select(log => log.Message).ToList();
        _logs.Clear();
        return messages;
    }

    /// <summary>Reads the log; false if it is away.</summary>
    public async Task<bool> ReadAsync()
    {
        if (await Log.ReadAsync(State) is not { } states)
        {
            return false;
        }

        Versions = states;
        State = states.Count > 0 ? states[^1] : State;
        return true;
    }

    /// <summary>Takes in a response and appends its entry; false if another replica was first.</summary>
    /// <exception cref="RedisAwayException">The log is away.</exception>
    public async Task<bool> AppendAsync(ListResponse response)
    {
        var (outcome, entry) = Intake.Take(State.Roll, response);
        outcome.ShouldNotBe(IntakeOutcome.Refused);
        if (await Log.AppendAsync(State, entry!) is not { } next)
        {
            return false;
        }

        State = next;
        return true;
    }

    /// <summary>Appends a response that is the whole list.</summary>
    public Task<bool> AppendAsync(string ids, long departure = 0, string name = "봄 세일") => AppendAsync(LogExamples.Response(
        ids.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        departure == 0 ? NextDeparture : departure,
        State.Top.Number,
        isShort: true,
        name: name));

    private long NextDeparture => Math.Max(State.Roll.Traits.EndReadAt, State.Roll.Traits.HeadReadAt) + 1_000;
}
