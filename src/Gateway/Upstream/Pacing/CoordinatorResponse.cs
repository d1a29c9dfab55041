namespace NclueGateway.Upstream.Pacing;

/// <summary>What the pacer's script answers: what came of the call, and what is new. All times are milliseconds of Redis' clock.</summary>
internal sealed record CoordinatorResponse
{
    /// <summary>What came of it: <c>ok</c>, or one of <see cref="PacerOutcome"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The number of the departure, a wait, or the time of a copy.</summary>
    public required long Value { get; init; }

    /// <summary>When this was written.</summary>
    public required long Now { get; init; }

    /// <summary>Grows with each call: the highest is the newest.</summary>
    public required long Tick { get; init; }

    /// <summary>When the pacer's memory begins: another epoch has forgotten everything.</summary>
    public required long Epoch { get; init; }

    /// <summary>When the next departure opens, if neither quiet nor a pause forbid it.</summary>
    public required long Next { get; init; }

    public required long Quiet { get; init; }

    public required long Pause { get; init; }

    /// <summary>What the pause is for.</summary>
    public required string PausedFor { get; init; }

    /// <summary>For whom the last departure was.</summary>
    public required FetchPriority Last { get; init; }

    /// <summary>The number of the last departure.</summary>
    public required long Number { get; init; }

    /// <summary>The caller's slot.</summary>
    public required int Slot { get; init; }

    /// <summary>How many slots there are, how many there were before the last change, and when that was.</summary>
    public required int Cycle { get; init; }

    public required int PreviousCycle { get; init; }

    public required long CycledAt { get; init; }

    /// <summary>The highest generation of the NCP key that NCP has accepted.</summary>
    public required long Generation { get; init; }

    /// <summary>What the readers of the other replicas wait for, of each replica.</summary>
    public required IReadOnlyList<Backlog> Elsewhere { get; init; }

    /// <summary>The calls under way, of all replicas.</summary>
    public required IReadOnlyList<InFlightFetch> Flights { get; init; }

    /// <summary>The number of the last change.</summary>
    public required long News { get; init; }

    /// <summary>Whether <see cref="Changes"/> are all copies there are, not only the changes since the caller's last word.</summary>
    public required bool IsAll { get; init; }

    /// <summary>For each block the time of the newest copy that can be read from Redis.</summary>
    public required IReadOnlyList<(int Block, long Fetched)> Changes { get; init; }
}

/// <summary>A call under way.</summary>
/// <param name="Block">The block.</param>
/// <param name="Replica">Whose call it is.</param>
/// <param name="Since">When it departed.</param>
/// <param name="Until">When its lease ends.</param>
internal readonly record struct InFlightFetch(int Block, string Replica, long Since, long Until);

/// <summary>What may come of a call of the pacer's script.</summary>
internal static class PacerOutcome
{
    /// <summary>The departure is the caller's.</summary>
    public const string Granted = "granted";

    /// <summary>No departure is open yet; the value says for how long.</summary>
    public const string Wait = "wait";

    /// <summary>Redis holds a newer copy than the caller knows; the value is its time.</summary>
    public const string Newer = "newer";

    /// <summary>A replica has asked for the block, and its lease is not over.</summary>
    public const string UnderWay = "under way";

    /// <summary>The copy is the newest one; the value is the time of the one before it.</summary>
    public const string Stored = "stored";

    /// <summary>There is a newer copy; the value is its time.</summary>
    public const string Late = "late";
}
