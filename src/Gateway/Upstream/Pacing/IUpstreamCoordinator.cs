namespace NclueGateway.Upstream.Pacing;

/// <summary>Grants permits for requests to the upstream, at least one interval apart over all replicas, each for one block.</summary>
internal interface IUpstreamCoordinator
{
    /// <summary>Minimum time between two permits of all replicas that share this coordinator.</summary>
    TimeSpan Interval { get; }

    /// <summary>
    /// Estimated time until a permit is available. Zero: now. Null: a permit has been granted, but its request is not
    /// sent yet. <see cref="TimeSpan.MaxValue"/>: no permit becomes available without another event.
    /// </summary>
    TimeSpan? UntilOpen { get; }

    /// <summary>True if the last permit of all replicas was for a waiting reader.</summary>
    bool ServedWait { get; }

    /// <summary>True if the next permit is one that a background request may have in place of a waiting reader.</summary>
    bool IsBackgroundTurn { get; }

    /// <summary>Pause of all replicas after a refusal of the upstream; null when there is none.</summary>
    SharedPause? Pause { get; }

    /// <summary>Number of permits of all replicas that share this coordinator; null while Redis, which counts them, is away.</summary>
    PermitCount? Permits { get; }

    /// <summary>Backlogs of the other replicas, one for each.</summary>
    IReadOnlyList<Backlog> BacklogOfOtherReplicas { get; }

    /// <summary>Returns the time since another replica requested the block; null when none has, or its lease has ended.</summary>
    TimeSpan? UnderWayElsewhere(int block);

    /// <summary>Connects to the other replicas, before readers can wait for it.</summary>
    Task StartAsync();

    /// <summary>Exchanges state with the other replicas until <paramref name="stop"/> is cancelled.</summary>
    Task RunAsync(CancellationToken stop);

    /// <summary>Notifies the other replicas that this one stops.</summary>
    ValueTask LeaveAsync();

    /// <summary>Reports to the other replicas the request that this one would make next.</summary>
    void Announce(FetchRequest request);

    /// <summary>Tries to acquire a permit now; null when there is none. Only one caller at a time.</summary>
    /// <param name="block">The block to fetch; null for a request that fetches no block.</param>
    /// <param name="request">The priority and backlog.</param>
    /// <param name="known"> The fetch time (Redis' clock, ms) of the newest copy of the block that this replica has
    /// read or has found unreadable; 0 for none.
    /// </param>
    ValueTask<Permit?> ClaimAsync(int? block, FetchRequest request, long known);

    /// <summary>Records that the request of a permit has ended.</summary>
    /// <param name="permit">The permit.</param>
    /// <param name="block">The block that it was for; null for none.</param>
    /// <param name="outcome">The outcome of the request.</param>
    /// <returns>The fetch time (Redis' clock, ms) of a stored copy that is no longer needed; 0 for none.</returns>
    ValueTask<long> EndAsync(Permit permit, int? block, FetchOutcome outcome);

    /// <summary>Pauses all replicas because the upstream has throttled a request.</summary>
    /// <param name="permit">The permit of the throttled request.</param>
    /// <param name="rule">The rule for the duration of the pause.</param>
    /// <param name="askedFor">The delay that the upstream requested; null for none.</param>
    ValueTask PauseAsync(Permit permit, ThrottlePolicy rule, TimeSpan? askedFor);
}

/// <summary>A replica's request for the next permit.</summary>
/// <param name="Class">The priority.</param>
/// <param name="Since">The timestamp at which it was queued: within a priority, the oldest goes first.</param>
/// <param name="Queue">The blocks that this replica's readers wait for.</param>
internal readonly record struct FetchRequest(FetchPriority Class, long Since, Backlog Queue);

/// <summary>The blocks that the readers of a replica wait for.</summary>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="Callers">Number of callers.</param>
/// <param name="Order">
/// The blocks that are still to be requested, in the order of their turns; null when the replica does not report it.
/// </param>
internal readonly record struct Backlog(int Blocks, int Callers, IReadOnlyList<int>? Order = null);

/// <summary>Priority of a request. The numbers are part of the protocol between replicas of different releases.</summary>
internal enum FetchPriority
{
    None = 0,

    /// <summary>A request that had its permit but was written late.</summary>
    OnTheWire = 1,

    /// <summary>A reader waits.</summary>
    Wait = 2,

    /// <summary>
    /// A requested block is older than 2 × <c>Cache:FreshFor</c>. It goes before waiting readers if the last permit was for one of them.
    /// </summary>
    Overdue = 3,

    /// <summary>A requested block is due for a refresh.</summary>
    Due = 4,

    /// <summary>
    /// Rows that complete the snapshot. No caller waits for them. In a <see cref="BackgroundTurn"/> they are requested as
    /// <see cref="Overdue"/>.
    /// </summary>
    Background = 5,
}

/// <summary>
/// Every fourth permit of the account, by the number that all replicas share. A background request may have it after a waiting reader: so
/// the k-th reader waits for at most ⌈k/3⌉ permits more, however many replicas there are.
/// </summary>
internal static class BackgroundTurn
{
    /// <summary>Returns true if the next permit is a background turn.</summary>
    /// <param name="number">Number of the last permit.</param>
    public static bool IsNext(long number) => (number + 1) % 4 == 0;
}

/// <summary>A number of permits. The difference of two numbers is that of the permits between them.</summary>
/// <param name="Number">Number of the last permit.</param>
/// <param name="Age">Time since the number was read.</param>
/// <param name="Series">Numbers of two series cannot be compared: Redis was away or has lost its data in between.</param>
internal readonly record struct PermitCount(long Number, TimeSpan Age, (long Epoch, long Since) Series);

/// <summary>Outcome of a request.</summary>
internal enum FetchOutcome
{
    /// <summary>No response, or a refusal.</summary>
    Failed = 0,

    /// <summary>A response whose copy is not in Redis.</summary>
    Responded = 1,

    /// <summary>A response whose copy can be read from Redis.</summary>
    Stored = 2,
}

/// <summary>A pause of all replicas.</summary>
/// <param name="Left">Remaining time.</param>
/// <param name="Rule">The rule for the refusal that began it.</param>
internal readonly record struct SharedPause(TimeSpan Left, ThrottlePolicy Rule);
