using NclueGateway.Hosting;
using NclueGateway.Redis;
using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// The log in Redis. A replica whose state is ahead of the log continues it in a new <em>epoch</em>, since Redis has lost entries; every
/// other replica takes over the log's state.
/// </summary>
[LogCategory("NclueGateway.TaskRuns.SnapshotLog")]
internal sealed partial class SharedSnapshotLog(
    ILogStore store,
    SnapshotLogCircuit circuit,
    SnapshotOptions options,
    TimeProvider time,
    UnreadableValues unreadable,
    SnapshotLogMetrics metrics,
    ILogger<SharedSnapshotLog> logger) : ISnapshotLog
{
    /// <summary>Number of entries after which a checkpoint is due.</summary>
    public const int CheckpointAfterEntries = 512;

    /// <summary>Maximum length of the log, in bytes. Above it only the newest checkpoint is kept.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    private const int CheckpointAfterBytes = 4 * 1024 * 1024;

    private const long CheckpointAfterMilliseconds = 10 * 60 * 1_000;

    /// <summary>Number of attempts at something that another replica can overtake.</summary>
    private const int Attempts = 3;

    private readonly LogReader _reader = new(store, circuit);
    private readonly ChainHistory _history = new();
    private IReadOnlyList<Checkpoint> _checkpoints = [];
    private (Checkpoint Checkpoint, int Attempts)? _pending;
    private long? _keptAt;

    /// <inheritdoc cref="SnapshotLogCircuit.State"/>
    public SnapshotLogState State => circuit.State;

    public string? Away => State is { IsAvailable: false, Reason: var reason } ? reason : null;

    public async Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state)
    {
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var head = await _reader.ReadHeadAsync();
                _checkpoints = head.Checkpoints;
                _history.Begin(state.Top, time: 0);
                if (await ReadAsync(state, head) is { } states)
                {
                    RecordLength();
                    return states;
                }
            }
        }
        catch (RedisAwayException)
        {
            // It is logged once, and shown by the state.
        }

        return null;
    }

    public async Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry)
    {
        var bytes = LogEntryFormat.Write(entry);
        var next = state.Apply(entry, LogChain.Next(state.Top.Chain, bytes));
        LogField[] written = [new(LogHead.NameOf(next.Top.Number), bytes), .. LogHead.Of(next.Top)];
        if (!await metrics.CountAsync(
            () => circuit.WriteAsync(() => store.TryWriteAsync(LogHead.Of(state.Top), written), SnapshotLogCircuit.AppendPatience)))
        {
            return null;
        }

        _history.Begin(state.Top, time: 0);
        _history.Add(next.Top, bytes.Length, entry.Reading.Departure);
        RecordLength();
        return next;
    }

    public async Task CheckpointAsync(SnapshotState state)
    {
        try
        {
            if (_pending is { Checkpoint.Top: var top } && (top.Epoch != state.Top.Epoch || _history.ChainOf(top.Number) != top.Chain))
            {
                _pending = null; // of another log
            }

            if ((_pending is not null || IsDue(state)) && await _reader.ReadHeadAsync() is var head && head.Position == state.Top)
            {
                _checkpoints = head.Checkpoints;
                if (_pending is not null || IsDue(state))
                {
                    await WriteCheckpointAsync(state, head);
                }
            }
        }
        catch (RedisAwayException)
        {
            // The next call tries again.
        }
    }

    public async Task KeepAsync()
    {
        if (_keptAt is { } at && time.GetElapsedTime(at) < options.InterestFor / 100)
        {
            return;
        }

        try
        {
            _keptAt = time.GetTimestamp();
            await circuit.ReadAsync(async () =>
            {
                await store.KeepAsync();
                return true;
            });
        }
        catch (RedisAwayException)
        {
            _keptAt = null;
        }
    }

    /// <summary>Returns the states after a state; null if another replica has changed the log meanwhile.</summary>
    private async Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state, LogHead head)
    {
        // 1. Redis has lost entries that this replica has, or all of them.
        if (head.Position is not { } top || IsAhead(state.Top, top))
        {
            return await BeginAsync(state, head);
        }

        // 2. The log continues this replica's state.
        if (state.Top.Epoch == top.Epoch && await _reader.FollowAsync(state, top) is { } entries)
        {
            return Versions(state, entries);
        }

        // 3. It does not, or an entry cannot be read. The oldest checkpoint gives the most versions; a later one skips such an entry.
        var newest = state;
        foreach (var checkpoint in head.Checkpoints.Reverse())
        {
            if (await _reader.LoadAsync(checkpoint) is { } loaded)
            {
                if (await _reader.FollowAsync(loaded, top) is { } following)
                {
                    _history.Begin(loaded.Top, checkpoint.Time);
                    return [loaded, .. Versions(loaded, following)];
                }

                newest = IsAhead(state.Top, loaded.Top) ? state : loaded;
            }
        }

        // 4. The log cannot be read, unless it was trimmed meanwhile.
        if (await BeginAsync(newest, head) is { } begun)
        {
            unreadable.Warn("the log of the snapshot");
            return begun;
        }

        return null;
    }

    /// <summary>
    /// Returns true if a position of this replica is ahead of the log. The log is then this replica's, without its last entries.
    /// </summary>
    private bool IsAhead(LogPosition own, LogPosition log) => own.Epoch == log.Epoch
        ? own.Number > log.Number && (_history.ChainOf(log.Number) ?? log.Chain) == log.Chain
        : own.Epoch > log.Epoch;

    private List<SnapshotState> Versions(SnapshotState state, IReadOnlyList<AppliedEntry> entries)
    {
        var versions = new List<SnapshotState>();
        foreach (var (index, entry) in entries.Index())
        {
            _history.Add(entry.State.Top, entry.Length, entry.Time);
            if (entry.State.Version != state.Version || index == entries.Count - 1)
            {
                versions.Add(entry.State);
            }

            state = entry.State;
        }

        return versions;
    }

    /// <summary>Makes a state the first checkpoint of a new epoch; null if another replica was faster.</summary>
    private async Task<IReadOnlyList<SnapshotState>?> BeginAsync(SnapshotState state, LogHead head)
    {
        // A log that cannot be written is noticed here, not after all pieces.
        if (!await WriteAsync(head.Fields, [], isProof: false))
        {
            return null;
        }

        var now = Math.Clamp(await circuit.ReadAsync(store.GetTimeAsync), 1, LogBounds.LatestTime);
        var after = Math.Max(state.Top.Epoch, head.Position?.Epoch ?? 0) + 1;
        var checkpoint = await WritePiecesAsync(state, now);
        var top = new LogPosition(after <= LogBounds.LatestTime ? Math.Max(now, after) : now, state.Top.Number, checkpoint.Id);
        checkpoint = checkpoint with { Top = top, Version = top };
        if (!await WriteAsync(head.Fields, [.. LogHead.Of(top), LogHead.Of([checkpoint])]))
        {
            return null;
        }

        _checkpoints = [checkpoint];
        _history.Begin(top, now);
        Begun(logger, state.Roll.Count);
        return [SnapshotState.At(top, top, state.Roll)];
    }

    private bool IsDue(SnapshotState state) => _checkpoints.Count == 0
        || (state.Top.Number > _checkpoints[0].Top.Number
            && (state.Top.Number - _checkpoints[0].Top.Number >= CheckpointAfterEntries
                || _history.Time - _checkpoints[0].Time >= CheckpointAfterMilliseconds
                || _history.LengthAfter(_checkpoints[0].Top.Number) >= CheckpointAfterBytes));

    private async Task WriteCheckpointAsync(SnapshotState state, LogHead head)
    {
        var (checkpoint, attempts) = _pending ?? (await WritePiecesAsync(state, _history.Time), 0);
        var kept = Kept([checkpoint, .. head.Checkpoints]);
        if (await WriteAsync(head.Fields, [LogHead.Of(kept)]))
        {
            (_checkpoints, _pending) = (kept, null);
        }
        else
        {
            _pending = attempts + 1 < Attempts ? (checkpoint, attempts + 1) : null; // an entry was appended, or a piece was removed
        }
    }

    private async Task<Checkpoint> WritePiecesAsync(SnapshotState state, long departure)
    {
        var pieces = CheckpointFormat.Write(state.Roll).ToArray();
        var id = Checkpoint.IdOf(pieces);
        foreach (var (index, piece) in pieces.Index())
        {
            await circuit.WriteAsync(
                async () =>
                {
                    await store.SetPieceAsync(new(Checkpoint.NameOf(id, index), piece));
                    return true;
                },
                SnapshotLogCircuit.Patience,
                isProof: false);
        }

        return new(id, state.Top, state.Version, pieces.Length, pieces.Sum(piece => (long)piece.Length), departure);
    }

    /// <summary>
    /// Returns the checkpoints up to the newest one that is older than <c>Snapshot:CursorsFor</c>: a replica that starts with it has all
    /// versions that a cursor can name.
    /// </summary>
    private List<Checkpoint> Kept(IReadOnlyList<Checkpoint> all)
    {
        var kept = new List<Checkpoint>();
        foreach (var checkpoint in all.Take(Checkpoint.MaxCount))
        {
            kept.Add(checkpoint);
            if (checkpoint.Time <= _history.Time - options.CursorsFor.ToMilliseconds())
            {
                break;
            }
        }

        while (kept.Count > 1 && LengthWith(kept) > MaxLength)
        {
            kept.RemoveAt(kept.Count - 1);
        }

        return kept;
    }

    private void RecordLength() => metrics.Length = _checkpoints.Count > 0 ? LengthWith(_checkpoints) : 0;

    private long LengthWith(IReadOnlyList<Checkpoint> checkpoints) =>
        checkpoints.Sum(checkpoint => checkpoint.Length) + _history.LengthAfter(checkpoints[^1].Top.Number);

    private Task<bool> WriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written, bool isProof = true) =>
        circuit.WriteAsync(() => store.TryWriteAsync(expected, written), SnapshotLogCircuit.Patience, isProof);

    [LoggerMessage(1, LogLevel.Information, "The log of the snapshot begins anew, with {Runs} runs.")]
    private static partial void Begun(ILogger logger, int runs);
}
