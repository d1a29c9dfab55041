namespace NclueGateway.Upstream.Pacing;

/// <summary>Reply of the coordinator script: the outcome of the call, and changes. All times are milliseconds of Redis' clock.</summary>
internal sealed record CoordinatorResponse
{
    /// <summary>Outcome: <c>ok</c>, or one of <see cref="CoordinatorOutcome"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Number of the permit, a wait, or the time of a copy.</summary>
    public required long Value { get; init; }

    /// <summary>Time at which the reply was written.</summary>
    public required long Now { get; init; }

    /// <summary>Number of the call: the reply with the highest one is the newest.</summary>
    public required long Tick { get; init; }

    /// <summary>Time at which the stored state begins. Another epoch means that earlier state was lost.</summary>
    public required long Epoch { get; init; }

    /// <summary>Time at which the next permit becomes available, unless <see cref="Quiet"/> or <see cref="Pause"/> forbid it.</summary>
    public required long Next { get; init; }

    /// <summary>End of the time without permits after Redis was away.</summary>
    public required long Quiet { get; init; }

    /// <summary>End of the pause.</summary>
    public required long Pause { get; init; }

    /// <summary>Name of the <see cref="ThrottlePolicy"/> of the pause.</summary>
    public required string PausedFor { get; init; }

    /// <summary>Priority of the last permit.</summary>
    public required FetchPriority Last { get; init; }

    /// <summary>Number of the last permit.</summary>
    public required long Number { get; init; }

    /// <summary>Slot of the calling replica.</summary>
    public required int Slot { get; init; }

    /// <summary>Number of slots.</summary>
    public required int Cycle { get; init; }

    /// <summary>Number of slots before the last change.</summary>
    public required int PreviousCycle { get; init; }

    /// <summary>Time of that change.</summary>
    public required long CycledAt { get; init; }

    /// <summary>Highest generation of the NCP key that NCP has accepted.</summary>
    public required long Generation { get; init; }

    /// <summary>Backlogs of the other replicas, one for each.</summary>
    public required IReadOnlyList<Backlog> BacklogOfOtherReplicas { get; init; }

    /// <summary>Requests in flight, of all replicas.</summary>
    public required IReadOnlyList<InFlightFetch> Flights { get; init; }

    /// <summary>Number of the last change.</summary>
    public required long News { get; init; }

    /// <summary>True if <see cref="Changes"/> lists all copies, not only the changes since the caller's last call.</summary>
    public required bool IsAll { get; init; }

    /// <summary>Blocks, each with the time of the newest copy that can be read from Redis.</summary>
    public required IReadOnlyList<(int Block, long Fetched)> Changes { get; init; }

    /// <summary>The top of the snapshot's log at this call; null without a log, or when it cannot be read.</summary>
    public LogPosition? Log { get; init; }
}

/// <summary>A request in flight.</summary>
/// <param name="Block">The block or window.</param>
/// <param name="Replica">The replica that sent it.</param>
/// <param name="Since">The time of its permit.</param>
/// <param name="Until">The end of its lease.</param>
internal readonly record struct InFlightFetch(int Block, string Replica, long Since, long Until);

/// <summary>Outcomes of a call of the coordinator script.</summary>
internal static class CoordinatorOutcome
{
    /// <summary>The caller has the permit.</summary>
    public const string Granted = "granted";

    /// <summary>No permit is available yet; the value is the remaining wait.</summary>
    public const string Wait = "wait";

    /// <summary>Redis holds a newer copy than the caller knows; the value is its time.</summary>
    public const string Newer = "newer";

    /// <summary>A replica has requested the block, and its lease has not ended.</summary>
    public const string UnderWay = "under way";

    /// <summary>The copy is the newest one; the value is the time of the previous one.</summary>
    public const string Stored = "stored";

    /// <summary>There is a newer copy; the value is its time.</summary>
    public const string Late = "late";
}
