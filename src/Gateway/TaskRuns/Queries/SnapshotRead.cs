using NclueGateway.Http;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The result of a read of the snapshot: a version with its age, or a refusal.</summary>
/// <param name="Snapshot">The version; null with a refusal.</param>
/// <param name="Age">Age of the version: no new run and no change of a state before it is missing.</param>
/// <param name="Status">The part of the cache.</param>
/// <param name="Refusal">The response in place of a version; null with a version.</param>
internal readonly record struct SnapshotRead(ReadableSnapshot? Snapshot, TimeSpan Age, CacheStatus Status, ProblemResult? Refusal = null);

/// <summary>The knowledge of a replica about a version that a caller names.</summary>
internal enum VersionPlace
{
    /// <summary>The replica has it.</summary>
    Kept,

    /// <summary>It is no longer kept, or of another log.</summary>
    Expired,

    /// <summary>It is newer than what the replica knows, and the log cannot be read now.</summary>
    Unreadable,

    /// <summary>The log has no such version.</summary>
    Nonexistent,
}
