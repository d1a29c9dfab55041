namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// One call of the coordinator script: the calling replica, its state, and its operation. All times are milliseconds; points in time are by
/// Redis' clock.
/// </summary>
/// <param name="Operation">The operation: one of <see cref="CoordinatorOperation"/>.</param>
internal sealed record CoordinatorRequest(string Operation)
{
    /// <summary>
    /// Block number of a request that fetches no block: no replica requests it or waits for its copy, and it has no lease.
    /// </summary>
    public const int NoBlock = int.MaxValue;

    /// <summary>Key of the snapshot's log, whose top the reply contains; empty for none.</summary>
    public string LogKey { get; init; } = "";

    /// <summary>Id of the calling process, without blanks.</summary>
    public string Replica { get; init; } = "";

    /// <summary>Maximum number of replicas that run at the same time, according to this replica.</summary>
    public int ReplicaCount { get; init; } = 1;

    /// <summary>Slot of this replica in the last reply; −1 for none.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>Lower bound of the current time; 0 if it is unknown.</summary>
    public long Now { get; init; }

    /// <summary>Maximum difference between the current time and <see cref="Now"/>.</summary>
    public long Unsure { get; init; }

    /// <summary>Minimum time between two permits.</summary>
    public long Interval { get; init; }

    /// <summary>Maximum time that the calling replica waits for a reply.</summary>
    public long Patience { get; init; }

    /// <summary>
    /// Time for which a replica with a lower priority waits after the next permit has become available.
    /// </summary>
    public long Grace { get; init; }

    /// <summary>Time for which a slot is kept for a replica that does not call.</summary>
    public long Lease { get; init; }

    /// <summary>Time until a change of the number of slots has reached all replicas.</summary>
    public long Settle { get; init; }

    /// <summary>
    /// If no replica has called for this time, Redis is assumed to have been unavailable for all replicas.
    /// </summary>
    public long Gap { get; init; }

    /// <summary>Time without permits after such an outage.</summary>
    public long Quiet { get; init; }

    /// <summary>Maximum duration of a pause.</summary>
    public long LongestPause { get; init; }

    /// <summary>Maximum age of a copy.</summary>
    public long Keep { get; init; }

    /// <summary>True if Redis was unavailable to this replica for so long that it sent requests in its slot.</summary>
    public bool WasAway { get; init; }

    /// <summary>True if Redis has responded to this replica for a while.</summary>
    public bool IsSettled { get; init; }

    /// <summary>End of the pause that this replica knows of; 0 for none.</summary>
    public long PausedUntil { get; init; }

    /// <summary>Name of the rule for that pause.</summary>
    public string PausedFor { get; init; } = "";

    /// <summary>Generation of the NCP key that NCP has accepted from this replica.</summary>
    public long Generation { get; init; }

    /// <summary>Epoch of the last reply that this replica received.</summary>
    public long Epoch { get; init; }

    /// <summary>Number of the last change that this replica received.</summary>
    public long News { get; init; }

    /// <summary>Priority with which this replica requests the next permit.</summary>
    public FetchPriority Class { get; init; }

    /// <summary>Time at which that request was queued.</summary>
    public long Since { get; init; }

    /// <summary>Blocks that this replica's readers wait for.</summary>
    public Backlog Queue { get; init; }

    /// <summary>Blocks of this replica's own requests in flight.</summary>
    public IReadOnlyCollection<int> Flights { get; init; } = [];

    /// <summary>Block of a claim or of an ended request.</summary>
    public int Block { get; init; }

    /// <summary>For a claim: time of the newest copy that the replica has read or has found unreadable.</summary>
    public long Known { get; init; }

    /// <summary>Number of the permit in question.</summary>
    public long Number { get; init; }

    /// <summary>True if it is the first request of its connection.</summary>
    public bool IsNew { get; init; }

    /// <summary>Time at which the permit of the request in question was granted.</summary>
    public long Fetched { get; init; }

    /// <summary>Outcome of the request.</summary>
    public FetchOutcome End { get; init; }

    /// <summary>For a pause: name of its rule.</summary>
    public string Kind { get; init; } = "";

    /// <summary>For a pause: its first duration.</summary>
    public long First { get; init; }

    /// <summary>For a pause: maximum duration by its rule.</summary>
    public long Most { get; init; }

    /// <summary>For a pause: delay that the upstream requested; 0 for none.</summary>
    public long Asked { get; init; }
}

/// <summary>Operations of the coordinator script.</summary>
internal static class CoordinatorOperation
{
    /// <summary>Reads changes only.</summary>
    public const string Look = "look";

    /// <summary>Claims a permit for a block.</summary>
    public const string Claim = "claim";

    /// <summary>Confirms that a late request may be written now.</summary>
    public const string Write = "write";

    /// <summary>Reports that a request was written.</summary>
    public const string Written = "written";

    /// <summary>Reports that the first request of a connection has arrived.</summary>
    public const string Arrived = "arrived";

    /// <summary>Reports that a request has ended.</summary>
    public const string End = "end";

    /// <summary>Reports that the upstream has throttled a request.</summary>
    public const string Pause = "pause";

    /// <summary>Reports that the replica stops.</summary>
    public const string Leave = "leave";
}
