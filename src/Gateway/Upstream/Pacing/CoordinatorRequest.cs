namespace NclueGateway.Upstream.Pacing;

/// <summary>One call of the pacer's script: who asks, what it knows, and what it asks for. All times are milliseconds, absolute ones by Redis' clock.</summary>
/// <param name="Operation">What is asked: one of <see cref="PacerOperation"/>.</param>
internal sealed record CoordinatorRequest(string Operation)
{
    /// <summary>The block number of a request that fetches no block: no replica asks for it or waits for its copy.</summary>
    public const int NoBlock = int.MaxValue;

    /// <summary>Who asks: an id of this process, without blanks.</summary>
    public string Replica { get; init; } = "";

    /// <summary>The most replicas that can run at once, as far as this one knows.</summary>
    public int ReplicaCount { get; init; } = 1;

    /// <summary>The slot that this replica had; −1 for none.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>It is at least this time; 0 when nothing is known.</summary>
    public long Now { get; init; }

    /// <summary>By how much it may be later than <see cref="Now"/>.</summary>
    public long Unsure { get; init; }

    /// <summary>The least time between two departures.</summary>
    public long Interval { get; init; }

    /// <summary>The longest that the asking replica waits for an answer.</summary>
    public long Patience { get; init; }

    /// <summary>How long a worse bid holds back after a departure has opened.</summary>
    public long Grace { get; init; }

    /// <summary>How long a slot is kept for a replica that is not heard of.</summary>
    public long Lease { get; init; }

    /// <summary>How long a change of the cycle of slots takes to be known to everybody.</summary>
    public long Settle { get; init; }

    /// <summary>When nobody was heard of for this long, Redis was away for everybody.</summary>
    public long Gap { get; init; }

    /// <summary>How long nobody departs after that.</summary>
    public long Quiet { get; init; }

    /// <summary>No pause is longer.</summary>
    public long LongestPause { get; init; }

    /// <summary>How long a copy may be kept.</summary>
    public long Keep { get; init; }

    /// <summary>Whether this replica has been without Redis for so long that it departed in its slot.</summary>
    public bool WasAway { get; init; }

    /// <summary>Whether Redis has answered this replica for a while.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Until when this replica knows of a pause; 0 for none.</summary>
    public long PausedUntil { get; init; }

    /// <summary>What that pause is for.</summary>
    public string PausedFor { get; init; } = "";

    /// <summary>The generation of the NCP key that NCP has accepted from this replica.</summary>
    public long Generation { get; init; }

    /// <summary>The epoch and the last change that this replica has heard of.</summary>
    public long Epoch { get; init; }

    public long News { get; init; }

    /// <summary>For whom this replica wants the next departure.</summary>
    public FetchPriority Class { get; init; }

    /// <summary>Since when.</summary>
    public long Since { get; init; }

    /// <summary>What its readers wait for.</summary>
    public Backlog Queue { get; init; }

    /// <summary>The blocks of this replica's own calls.</summary>
    public IReadOnlyCollection<int> Flights { get; init; } = [];

    /// <summary>The block that a claim or an end is about.</summary>
    public int Block { get; init; }

    /// <summary>For a claim: the newest copy that the replica can read, or knows it cannot.</summary>
    public long Known { get; init; }

    /// <summary>The number of the departure in question.</summary>
    public long Number { get; init; }

    /// <summary>Whether it is the first request of its connection.</summary>
    public bool IsNew { get; init; }

    /// <summary>When the call in question had departed.</summary>
    public long Fetched { get; init; }

    /// <summary>How the call ended.</summary>
    public FetchOutcome End { get; init; }

    /// <summary>For a pause: which refusal it was, the first and the longest wait for it, and what the upstream asked for.</summary>
    public string Kind { get; init; } = "";

    public long First { get; init; }

    public long Most { get; init; }

    public long Asked { get; init; }
}

/// <summary>What can be asked of the pacer's script.</summary>
internal static class PacerOperation
{
    /// <summary>Nothing but what is new.</summary>
    public const string Look = "look";

    /// <summary>A departure for a block.</summary>
    public const string Claim = "claim";

    /// <summary>Whether a request that is late may be written now.</summary>
    public const string Write = "write";

    /// <summary>A request was written.</summary>
    public const string Written = "written";

    /// <summary>The first request of a connection has arrived.</summary>
    public const string Arrived = "arrived";

    /// <summary>A call has ended.</summary>
    public const string End = "end";

    /// <summary>The upstream has refused a call because there were too many.</summary>
    public const string Pause = "pause";

    /// <summary>The replica ends.</summary>
    public const string Leave = "leave";
}
