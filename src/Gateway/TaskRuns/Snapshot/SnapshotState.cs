using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The state of the snapshot after one entry of the log. Immutable.</summary>
/// <param name="Top">The newest entry that was applied.</param>
/// <param name="Version">The newest entry that changed a run, its place or a gap.</param>
/// <param name="Roll">The runs.</param>
internal sealed record SnapshotState(LogPosition Top, LogPosition Version, Roll Roll)
{
    /// <summary>The state before the first entry.</summary>
    public static readonly SnapshotState Empty = new(default, default, Roll.Unknown);

    /// <summary>Number of positions that are remembered: more than entries are appended while a request is in flight.</summary>
    private const int RememberedPositions = 128;

    /// <summary>The chains of the last entries, the newest last.</summary>
    private ulong[] Chains { get; init; } = [];

    /// <summary>Returns the state with which a log begins, or from which a replica begins to read it.</summary>
    public static SnapshotState At(LogPosition top, LogPosition version, Roll roll) =>
        new(top, version, roll) { Chains = [top.Chain] };

    /// <summary>Returns true if this state has all entries up to a recent position.</summary>
    public bool Includes(LogPosition position)
    {
        var age = Top.Number - position.Number;
        return position == Top
            || (position.Epoch == Top.Epoch && age >= 0 && age < Chains.Length && Chains[^((int)age + 1)] == position.Chain);
    }

    /// <summary>Returns the state after the next entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="chain">The chain with it.</param>
    /// <exception cref="InvalidOperationException">The entry was made for another state.</exception>
    public SnapshotState Apply(LogEntry entry, ulong chain)
    {
        var top = Top with { Number = Top.Number + 1, Chain = chain };
        var forgotten = Chains.Length < RememberedPositions ? 0 : 1;
        return new(top, entry.Change is null ? Version : top, Roll.Apply(entry, top.Number)) { Chains = [.. Chains[forgotten..], chain] };
    }
}
