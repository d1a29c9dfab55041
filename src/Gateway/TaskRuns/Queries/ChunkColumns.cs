using System.Runtime.CompilerServices;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>A run in its chunk.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Slot">The place of the run in it.</param>
internal readonly record struct FoundRun(ChunkColumns Chunk, int Slot)
{
    public SnapshotRun Run => Chunk.Runs[Slot];
}

/// <summary>
/// The values of a chunk's runs, column by column. A scan reads these arrays in order, where it would wait for the memory of each run. They
/// are made once for a chunk, which most versions share.
/// </summary>
internal sealed class ChunkColumns
{
    /// <summary>Stands for a number that a run does not have.</summary>
    public const long None = long.MinValue;

    private static readonly ConditionalWeakTable<RollChunk, ChunkColumns> Known = [];

    private ChunkColumns(RollChunk chunk)
    {
        Runs = Array.ConvertAll(chunk.Entries, entry => entry.Run);
        Statuses = Array.ConvertAll(Runs, run => RunFilter.BitOf(run.Columns.Status));
        Created = Array.ConvertAll(Runs, run => run.Columns.CreatedAt?.UtcTicks ?? None);
        Completed = Array.ConvertAll(Runs, run => run.Columns.CompletedAt?.UtcTicks ?? None);
        Durations = Array.ConvertAll(Runs, run => run.Columns.DurationSeconds ?? None);
        Texts = Array.ConvertAll(Runs, run => run.Columns.FoldedText);
    }

    public SnapshotRun[] Runs { get; }

    /// <summary>Statuses, each as its bit.</summary>
    public int[] Statuses { get; }

    /// <summary>Times of creation, in ticks of UTC.</summary>
    public long[] Created { get; }

    /// <summary>Times of completion, in ticks of UTC.</summary>
    public long[] Completed { get; }

    /// <summary>Durations in seconds.</summary>
    public long[] Durations { get; }

    /// <summary>Texts in which words are searched, UTF-8.</summary>
    public byte[][] Texts { get; }

    /// <summary>Returns the columns of all chunks of a version, in the upstream's order.</summary>
    public static IEnumerable<ChunkColumns> Of(Roll roll) =>
        roll.Chunks.Select(chunk => Known.GetValue(chunk, static runs => new(runs)));
}
