namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Neighbouring entries of a roll, with sums over them, so that a search through the whole roll reads a few hundred sums and not all runs.
/// Immutable.
/// </summary>
internal sealed class RollChunk
{
    public RollChunk(RollEntry[] entries)
    {
        Entries = entries;
        IdHashes = Array.ConvertAll(entries, entry => SnapshotRun.HashOf(entry.Run.Id));
        foreach (var entry in entries)
        {
            HasGap |= entry.HasGapBehind;
            Holes += entry.HolesBehind;
            NewestFirstHeld = Math.Max(NewestFirstHeld, entry.FirstHeld);
            OldestHeld = Math.Min(OldestHeld, entry.LastHeld);
            OldestUnfinishedHeld = entry.Run.IsFinished ? OldestUnfinishedHeld : Math.Min(OldestUnfinishedHeld, entry.LastHeld);
        }
    }

    /// <summary>The entries, in an array that must not be changed.</summary>
    public RollEntry[] Entries { get; }

    /// <summary>Hashes of the ids, in one array: a search for ids reads no memory of the runs.</summary>
    public uint[] IdHashes { get; }

    /// <summary>True if a gap stands behind one of the runs.</summary>
    public bool HasGap { get; }

    /// <summary>Number of rows without a usable id behind the runs.</summary>
    public int Holes { get; }

    /// <summary>The greatest <see cref="RollEntry.FirstHeld"/>.</summary>
    public long NewestFirstHeld { get; } = long.MinValue;

    /// <summary>The smallest <see cref="RollEntry.LastHeld"/>.</summary>
    public long OldestHeld { get; } = long.MaxValue;

    /// <summary>The smallest <see cref="RollEntry.LastHeld"/> of an unfinished run; the greatest number without one.</summary>
    public long OldestUnfinishedHeld { get; } = long.MaxValue;

    /// <summary>True if one of the runs is unfinished.</summary>
    public bool HasUnfinished => OldestUnfinishedHeld < long.MaxValue;
}
