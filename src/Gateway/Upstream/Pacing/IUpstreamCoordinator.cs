namespace NclueGateway.Upstream.Pacing;

/// <summary>Grants departures to the upstream, at least one interval apart over all replicas, and says which block each is for.</summary>
internal interface IUpstreamCoordinator
{
    /// <summary>The least time between two departures, all replicas that share this pacer together.</summary>
    TimeSpan Interval { get; }

    /// <summary>
    /// How long until a departure is open, as far as this replica knows: zero when one is now, null while one has been granted and not
    /// sent, <see cref="TimeSpan.MaxValue"/> when no time alone will open one.
    /// </summary>
    TimeSpan? UntilOpen { get; }

    /// <summary>Whether the last departure, of whichever replica, was for a waiting reader.</summary>
    bool ServedWait { get; }

    /// <summary>The pause that a refusal of the upstream has put on all replicas; null when there is none.</summary>
    SharedPause? Pause { get; }

    /// <summary>What the readers of the other replicas wait for, of each replica.</summary>
    IReadOnlyList<Backlog> Elsewhere { get; }

    /// <summary>How long ago another replica has asked for the block; null when none has, or its lease is over.</summary>
    TimeSpan? UnderWayElsewhere(int block);

    /// <summary>Gets in touch with the other replicas, before there is anybody to wait for it.</summary>
    Task StartAsync();

    /// <summary>Keeps in touch with the other replicas until <paramref name="stop"/>.</summary>
    Task RunAsync(CancellationToken stop);

    /// <summary>Tells the other replicas that this one ends.</summary>
    ValueTask LeaveAsync();

    /// <summary>Reports to the other replicas what this one would ask for next.</summary>
    void Announce(FetchRequest bid);

    /// <summary>Asks for a departure now; null when there is none. Only one caller at a time.</summary>
    /// <param name="block">The block that it is for; null for a request that fetches no block.</param>
    /// <param name="bid">For whom it is.</param>
    /// <param name="known">The newest fetch time (Redis' clock, ms) of the block that this replica can read, or knows it cannot; 0 for none.</param>
    ValueTask<Permit?> ClaimAsync(int? block, FetchRequest bid, long known);

    /// <summary>The call of a departure is over.</summary>
    /// <param name="departure">The departure.</param>
    /// <param name="block">The block that it was for; null for none.</param>
    /// <param name="end">What came of it.</param>
    /// <returns>The fetch time (Redis' clock, ms) of a stored copy that nobody needs any more; 0 for none.</returns>
    ValueTask<long> EndAsync(Permit departure, int? block, FetchOutcome end);

    /// <summary>The upstream has refused a call because there were too many: nobody departs for a while.</summary>
    /// <param name="departure">The departure of the refused call.</param>
    /// <param name="rule">The rule for that refusal.</param>
    /// <param name="askedFor">What the upstream asked for, if it did.</param>
    ValueTask PauseAsync(Permit departure, ThrottlePolicy rule, TimeSpan? askedFor);
}

/// <summary>What a replica wants of the pacer next.</summary>
/// <param name="Class">For whom.</param>
/// <param name="Since">The timestamp since when: within a class, the oldest goes first.</param>
/// <param name="Queue">What this replica's readers wait for.</param>
internal readonly record struct FetchRequest(FetchPriority Class, long Since, Backlog Queue);

/// <summary>What the readers of a replica wait for.</summary>
/// <param name="Blocks">How many blocks.</param>
/// <param name="Callers">How many callers.</param>
/// <param name="Order">The blocks that are still to be asked for, in the order of their turns; null when the replica does not tell.</param>
internal readonly record struct Backlog(int Blocks, int Callers, IReadOnlyList<int>? Order = null);

/// <summary>Who goes first. The numbers are part of what replicas of different releases say to each other.</summary>
internal enum FetchPriority
{
    None = 0,

    /// <summary>A request that is late on its way to the wire.</summary>
    OnTheWire = 1,

    /// <summary>A reader waits.</summary>
    Wait = 2,

    /// <summary>A wanted block is older than 2 × <c>Cache:FreshFor</c>: before the waits after every departure that was for one of them.</summary>
    Overdue = 3,

    /// <summary>A wanted block is due.</summary>
    Due = 4,
}

/// <summary>How a call ended.</summary>
internal enum FetchOutcome
{
    /// <summary>Without an answer, or with a refusal.</summary>
    Failed = 0,

    /// <summary>With an answer, which Redis does not hold.</summary>
    Answered = 1,

    /// <summary>With an answer, which can be read from Redis.</summary>
    Stored = 2,
}

/// <summary>A pause of all replicas.</summary>
/// <param name="Left">What is left of it.</param>
/// <param name="Rule">The rule for the refusal that began it.</param>
internal readonly record struct SharedPause(TimeSpan Left, ThrottlePolicy Rule);
