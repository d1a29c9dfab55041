using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// Reads checkpoints and entries of the log. A value is foreign until its hash has shown that it belongs to the log.
/// </summary>
internal sealed class LogReader(ILogStore store, SnapshotLogCircuit circuit)
{
    /// <summary>Number of fields that are requested at once.</summary>
    private const int Batch = 128;

    /// <summary>Maximum length of all rows of the entries that are read at once: more cannot be a list of runs.</summary>
    private const long MaxRows = 1024L * 1024 * 1024;

    /// <summary>Reads the head of the log.</summary>
    public async Task<LogHead> ReadHeadAsync()
    {
        var values = new List<byte[]?>();
        while (values.Count < LogHead.Names.Count)
        {
            values.AddRange(await circuit.ReadAsync(() => store.GetAsync([.. LogHead.Names.Skip(values.Count)])));
        }

        return new(values);
    }

    /// <summary>Reads a checkpoint; null if a piece is missing or not a gateway's.</summary>
    public async Task<SnapshotState?> LoadAsync(Checkpoint checkpoint)
    {
        var names = checkpoint.PieceNames;
        var pieces = new List<byte[]>(names.Count);
        while (pieces.Count < names.Count)
        {
            var values = await circuit.ReadAsync(() => store.GetAsync([.. names.Skip(pieces.Count).Take(Batch)]));
            if (values.Contains(null))
            {
                return null;
            }

            pieces.AddRange(values.OfType<byte[]>());
        }

        return Checkpoint.IdOf(pieces) == checkpoint.Id && CheckpointFormat.TryRead(pieces, checkpoint.Top.Number, out var roll)
            ? SnapshotState.At(checkpoint.Top, checkpoint.Version, roll)
            : null;
    }

    /// <summary>Applies the entries after a state, up to a position.</summary>
    /// <returns>
    /// The states after each entry; null if the entries do not lead from one to the other: one is missing, is not a gateway's, or the
    /// state is not of this log.
    /// </returns>
    public async Task<IReadOnlyList<AppliedEntry>?> FollowAsync(SnapshotState state, LogPosition top)
    {
        var (applied, length) = (new List<AppliedEntry>(), 0L);
        while (state.Top.Number < top.Number)
        {
            var count = (int)Math.Min(Batch, top.Number - state.Top.Number);
            var names = Enumerable.Range(1, count).Select(n => LogHead.NameOf(state.Top.Number + n)).ToArray();
            foreach (var bytes in await circuit.ReadAsync(() => store.GetAsync(names)))
            {
                if (bytes is null || !LogEntryFormat.TryRead(bytes, out var entry) || TryApply(state, entry, bytes) is not { } next
                    || (length += entry.Change?.Rows.Sum(run => (long)run.Json.Length) ?? 0) > MaxRows)
                {
                    return null;
                }

                state = next;
                applied.Add(new(state, bytes.Length, entry.Reading.Departure));
            }
        }

        return state.Top == top ? applied : null;
    }

    /// <summary>Applies an entry; null if it was made for another state.</summary>
    private static SnapshotState? TryApply(SnapshotState state, LogEntry entry, byte[] bytes)
    {
        try
        {
            return state.Apply(entry, LogChain.Next(state.Top.Chain, bytes));
        }
        catch (Exception foreign) when (foreign is InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>An entry of the log that was applied.</summary>
/// <param name="State">The state after it.</param>
/// <param name="Length">Its length, in bytes.</param>
/// <param name="Time">Departure of its response.</param>
internal readonly record struct AppliedEntry(SnapshotState State, int Length, long Time);
