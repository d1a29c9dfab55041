using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Status of the gateway, as the replica knows it that has responded.</summary>
public sealed record GatewayStatus : GatewayContent
{
    /// <summary>State of requests to NCLUE.</summary>
    public required UpstreamState Upstream { get; init; }

    /// <summary>A sentence that explains a state other than <see cref="UpstreamState.Ok"/>; else null.</summary>
    public string? Detail { get; init; }

    /// <summary>
    /// Remaining seconds in which no replica sends a request to NCLUE, because NCLUE throttles the account; else 0.
    /// </summary>
    public required int PausedForSeconds { get; init; }

    /// <summary>Number of requests to NCLUE, of all replicas that share a Redis.</summary>
    public required DepartureCounts Departures { get; init; }

    /// <summary>The gateway's copy of the whole list.</summary>
    public required SnapshotOverview Snapshot { get; init; }

    /// <summary>Number of streams and waiting calls that are open at the replica that has responded.</summary>
    public required int Streams { get; init; }

    /// <summary>Number of replicas that share the requests to NCLUE; 1 while Redis is away.</summary>
    public required int Replicas { get; init; }

    /// <summary>State of Redis.</summary>
    public required RedisAvailability Redis { get; init; }
}

/// <summary>Numbers of requests to NCLUE.</summary>
public sealed record DepartureCounts
{
    /// <summary>Number in the last whole minute; null if it is not known.</summary>
    public int? LastMinute { get; init; }

    /// <summary>Number that the gateway allows in a minute. A minute that begins and ends with a request has one more.</summary>
    public required int MostPerMinute { get; init; }

    /// <summary>
    /// Number in each of the last 60 whole minutes, the oldest first. Null for a minute before the start of the replica that has
    /// responded, and for one in which it did not know the number.
    /// </summary>
    public required IReadOnlyList<int?> PerMinute { get; init; }
}

/// <summary>The gateway's copy of the whole list, from which it responds to queries.</summary>
public sealed record SnapshotOverview
{
    /// <summary>Stage of the copy.</summary>
    public required SnapshotStage State { get; init; }

    /// <summary>Number of runs that are known.</summary>
    public required int Runs { get; init; }

    /// <summary>Number of runs of the list as NCLUE counts them; null while it is not known.</summary>
    public long? ExpectedTotal { get; init; }

    /// <summary>Order of NCLUE's list.</summary>
    public required SnapshotOrder Order { get; init; }

    /// <summary>No new run and no change of a state before this time is missing; null before the list is complete.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>No deletion and no change of a name before this time is missing; null before the list is complete.</summary>
    public DateTimeOffset? SweptAt { get; init; }
}

/// <summary>State of requests to NCLUE.</summary>
[JsonConverter(typeof(UpstreamStateWords))]
public enum UpstreamState
{
    /// <summary>A state that is not known to this client.</summary>
    Unknown,

    /// <summary>Nothing prevents requests.</summary>
    Ok,

    /// <summary>NCLUE throttles the account, or its quota is used up.</summary>
    Paused,

    /// <summary>The last request failed.</summary>
    Failing,

    /// <summary>NCLUE refuses the gateway's key.</summary>
    Credentials,
}

/// <summary>Stage of the gateway's copy of the list.</summary>
[JsonConverter(typeof(SnapshotStageWords))]
public enum SnapshotStage
{
    /// <summary>A stage that is not known to this client.</summary>
    Unknown,

    /// <summary>No caller asks for it.</summary>
    Off,

    /// <summary>The list is being read for the first time.</summary>
    Building,

    /// <summary>All runs are known.</summary>
    Complete,

    /// <summary>The order of NCLUE's list changes, so that deletions are noticed late.</summary>
    Unordered,

    /// <summary>The list is too long to be copied.</summary>
    TooLarge,
}

/// <summary>Order of NCLUE's list.</summary>
[JsonConverter(typeof(SnapshotOrderWords))]
public enum SnapshotOrder
{
    /// <summary>Not known yet to the gateway, or not known to this client.</summary>
    Unknown,

    /// <summary>New runs are the first ones.</summary>
    NewestFirst,

    /// <summary>New runs are the last ones.</summary>
    OldestFirst,

    /// <summary>The order changes.</summary>
    Unordered,
}

/// <summary>State of Redis, through which replicas share requests and copies.</summary>
[JsonConverter(typeof(RedisAvailabilityWords))]
public enum RedisAvailability
{
    /// <summary>A state that is not known to this client.</summary>
    Unknown,

    /// <summary>It replies.</summary>
    Ok,

    /// <summary>It does not reply, or refuses the copy of the list, so that each replica continues on its own.</summary>
    Away,

    /// <summary>The gateway runs without Redis.</summary>
    None,
}

internal sealed class UpstreamStateWords() : Words<UpstreamState>(new()
{
    ["ok"] = UpstreamState.Ok,
    ["paused"] = UpstreamState.Paused,
    ["failing"] = UpstreamState.Failing,
    ["credentials"] = UpstreamState.Credentials,
});

internal sealed class SnapshotStageWords() : Words<SnapshotStage>(new()
{
    ["off"] = SnapshotStage.Off,
    ["building"] = SnapshotStage.Building,
    ["complete"] = SnapshotStage.Complete,
    ["unordered"] = SnapshotStage.Unordered,
    ["too-large"] = SnapshotStage.TooLarge,
});

internal sealed class SnapshotOrderWords() : Words<SnapshotOrder>(new()
{
    ["newest-first"] = SnapshotOrder.NewestFirst,
    ["oldest-first"] = SnapshotOrder.OldestFirst,
    ["unordered"] = SnapshotOrder.Unordered,
});

internal sealed class RedisAvailabilityWords() : Words<RedisAvailability>(new()
{
    ["ok"] = RedisAvailability.Ok,
    ["away"] = RedisAvailability.Away,
    ["none"] = RedisAvailability.None,
});
