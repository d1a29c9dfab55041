using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The log of a replica without Redis, which shares it with none.</summary>
internal sealed class LocalSnapshotLog(LatestLogPosition latest, TimeProvider time) : ISnapshotLog
{
    /// <summary>Time of the start: versions of another process count as another log's.</summary>
    private readonly long _epoch = time.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state)
    {
        var start = new LogPosition(_epoch, 0, 0);
        IReadOnlyList<SnapshotState> states = state.Top.Epoch == _epoch ? [] : [SnapshotState.At(start, start, state.Roll)];
        latest.Current = states.Count > 0 ? start : state.Top;
        return Task.FromResult<IReadOnlyList<SnapshotState>?>(states);
    }

    public Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry)
    {
        var next = state.Apply(entry, LogChain.Next(state.Top.Chain, LogEntryFormat.Write(entry)));
        latest.Current = next.Top;
        return Task.FromResult<SnapshotState?>(next);
    }

    public Task CheckpointAsync(SnapshotState state) => Task.CompletedTask;

    public Task KeepAsync() => Task.CompletedTask;
}
