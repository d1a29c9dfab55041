namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>One entry of the log: a response that was taken in, with its effects. Every replica applies the same entries.</summary>
/// <param name="Reading">What the response proves, whether or not it changes anything.</param>
/// <param name="Change">Its effects on the runs; null for none.</param>
internal sealed record LogEntry(RollReading Reading, RollChange? Change);

/// <summary>Neighbouring runs that a response held, without a hole between them.</summary>
/// <param name="First">Id of the first one.</param>
/// <param name="Last">Id of the last one.</param>
/// <param name="HolesBehind">Number of holes between it and the next run of the response; null when it is not known.</param>
internal readonly record struct HeldRange(string First, string Last, int? HolesBehind);

/// <summary>The order in which the upstream lists runs.</summary>
internal enum ListOrder
{
    /// <summary>Not known yet: new runs may appear at both ends.</summary>
    Unknown,

    /// <summary>New runs appear in the first rows.</summary>
    NewestFirst,

    /// <summary>New runs appear in the last rows.</summary>
    OldestFirst,

    /// <summary>The order changes between responses, so that no place in it proves anything.</summary>
    Unordered,
}
