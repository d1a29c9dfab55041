using NclueGateway.Http;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>The result of a read of the snapshot: a version with its age, or a refusal.</summary>
/// <param name="Snapshot">The version; null with a refusal.</param>
/// <param name="Age">Age of the version: no new run and no change of a state before it is missing.</param>
/// <param name="Status">The part of the cache.</param>
/// <param name="Refusal">The response in place of a version; null with a version.</param>
internal readonly record struct SnapshotRead(ReadableSnapshot? Snapshot, TimeSpan Age, CacheStatus Status, ProblemResult? Refusal = null);
