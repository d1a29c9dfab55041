using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>A reader that gets responses with other permits than they had.</summary>
internal sealed class ReaderOfOtherPermits(IWholeListReader reader, Func<Permit, Permit> change) : IWholeListReader
{
    public WholeListFetch? NextDue(long now, Func<int, bool> isAvailable) => reader.NextDue(now, isAvailable);

    public WholeListFetch? NextBackground(long now, Func<int, bool> isAvailable) => reader.NextBackground(now, isAvailable);

    public TimeSpan? UntilNext(long now) => reader.UntilNext(now);

    public Task ReceiveAsync(ReceivedRows received) => reader.ReceiveAsync(received with { Permit = change(received.Permit) });
}

/// <summary>A log with other entries than are appended, or with other states than follow from them.</summary>
internal sealed class ChangedLog(
    ISnapshotLog log,
    Func<SnapshotState, LogEntry, LogEntry>? changeEntry = null,
    Func<SnapshotState, SnapshotState>? changeState = null) : ISnapshotLog
{
    public async Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state) =>
        await log.ReadAsync(state) is { } states ? [.. states.Select(Changed)] : null;

    public async Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry) =>
        await log.AppendAsync(state, changeEntry?.Invoke(state, entry) ?? entry) is { } next ? Changed(next) : null;

    public Task CheckpointAsync(SnapshotState state) => log.CheckpointAsync(state);

    public Task KeepAsync() => log.KeepAsync();

    private SnapshotState Changed(SnapshotState state) => changeState?.Invoke(state) ?? state;
}

/// <summary>
/// A simple log without checkpoints, whose positions have no chain. With the chain compared it would be right: a lost entry is noticed
/// by nothing else.
/// </summary>
internal sealed class LogWithoutChain(ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis, bool skips) : ISnapshotLog
{
    public async Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state)
    {
        try
        {
            var head = new LogHead(await circuit.ReadAsync(() => store.GetAsync(LogHead.Names)));
            if (head.Position is not { } top || (top.Epoch == state.Top.Epoch && top.Number < state.Top.Number))
            {
                var start = new LogPosition(Math.Max(redis.Clock, state.Top.Epoch + 1), 0, 0);
                return await WriteAsync(head.Fields, LogHead.Of(start)) ? [SnapshotState.At(start, start, Roll.Unknown)] : null;
            }

            var begin = top with { Number = 0 };
            var first = top.Epoch == state.Top.Epoch ? state : SnapshotState.At(begin, begin, Roll.Unknown);
            var count = (int)(top.Number - first.Top.Number);
            var names = Enumerable.Range(1, count).Select(n => LogHead.NameOf(first.Top.Number + n)).ToArray();
            var entries = names.Length == 0 ? [] : await circuit.ReadAsync(() => store.GetAsync(names));
            if (skips && first == state && entries.Count > 1)
            {
                entries = [entries[^1]];
                first = first with { Top = top with { Number = top.Number - 1 } };
            }

            return first == state && entries.Count == 0 ? [] : [entries.Aggregate(first, Apply)];
        }
        catch (RedisAwayException)
        {
            return null;
        }
    }

    public async Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry)
    {
        var next = state.Apply(entry, 0);
        var written = new LogField(LogHead.NameOf(next.Top.Number), LogEntryFormat.Write(entry));
        return await WriteAsync(LogHead.Of(state.Top), [written, .. LogHead.Of(next.Top)]) ? next : null;
    }

    public Task CheckpointAsync(SnapshotState state) => Task.CompletedTask;

    public Task KeepAsync() => Task.CompletedTask;

    private Task<bool> WriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written) =>
        circuit.WriteAsync(() => store.TryWriteAsync(expected, written), SnapshotLogCircuit.AppendPatience);

    private static SnapshotState Apply(SnapshotState state, byte[]? bytes) =>
        LogEntryFormat.TryRead(bytes, out var entry) ? state.Apply(entry, 0) : throw new InvariantException("an entry is missing");
}
