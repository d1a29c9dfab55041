namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The log that all replicas share: every replica applies its entries in their order. Calls are not concurrent.
/// </summary>
internal interface ISnapshotLog
{
    /// <summary>Reason why the log is unavailable, without any part of a connection string; null while it is available.</summary>
    string? Away => null;

    /// <summary>Applies the entries that were appended after a state.</summary>
    /// <param name="state">The newest state that this replica knows.</param>
    /// <returns>
    /// The states after it that changed a run, and the newest state as the last one; none if nothing was appended. Null if the log cannot
    /// be read now. They replace the given state, which may be of another log: after a loss of entries, or after a long time without
    /// reading.
    /// </returns>
    Task<IReadOnlyList<SnapshotState>?> ReadAsync(SnapshotState state);

    /// <summary>Appends an entry, if no other one was appended after the state that it was made for.</summary>
    /// <param name="state">That state.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>The state with the entry; null if another one was appended first.</returns>
    /// <exception cref="Redis.RedisAwayException">The log cannot be written now. The entry may have been appended.</exception>
    Task<SnapshotState?> AppendAsync(SnapshotState state, LogEntry entry);

    /// <summary>
    /// Writes a checkpoint, if one is due: for replicas that start, and to remove entries that none needs. It takes up to a second for
    /// 100,000 runs, so call it when no reader waits. It is tried again after the next append.
    /// </summary>
    /// <param name="state">The state that was appended last.</param>
    Task CheckpointAsync(SnapshotState state);

    /// <summary>Keeps the log for another <c>Snapshot:InterestFor</c>, because a caller has asked.</summary>
    Task KeepAsync();
}
