namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The effects of one response on the roll. Applied to the same roll they give the same result on every replica.</summary>
/// <param name="Splice">Runs that are placed, removed, or get another gap mark; null for none.</param>
/// <param name="Rows">Runs that are new or have a new value.</param>
/// <param name="Sweep">The result of two passes over an unordered list; null for none.</param>
internal sealed record RollChange(Splice? Splice, IReadOnlyList<SnapshotRun> Rows, SweepResult? Sweep = null);

/// <summary>The result of two passes over an unordered list.</summary>
/// <param name="Gone">Ids of the runs that neither pass has met.</param>
/// <param name="IsComplete">True if both passes have met the same runs, but for new ones.</param>
/// <param name="Departure">Departure of the first request of the two passes.</param>
internal sealed record SweepResult(IReadOnlyList<string> Gone, bool IsComplete, long Departure);

/// <summary>Replaces everything between two neighbours of a range. Runs between them that it does not list are removed.</summary>
/// <param name="Left">Id of the run before the range; null for the head of the roll.</param>
/// <param name="HasGapBehindLeft">Gap mark behind <paramref name="Left"/>, or at the head.</param>
/// <param name="Between">The ids in the range, each with the gap mark behind it.</param>
/// <param name="Right">Id of the run behind the range; null for the end of the roll.</param>
internal sealed record Splice(string? Left, bool HasGapBehindLeft, IReadOnlyList<Placement> Between, string? Right);

/// <summary>An id in its place.</summary>
/// <param name="Id">The run's id.</param>
/// <param name="HasGapBehind">True if unknown runs may follow before the next one.</param>
internal readonly record struct Placement(string Id, bool HasGapBehind);
