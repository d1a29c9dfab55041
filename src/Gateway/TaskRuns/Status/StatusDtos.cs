using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Status;

/// <summary>The types of the response with the status.</summary>
internal static class StatusDtos
{
    /// <summary>The status of the gateway. It names no caller, key or host.</summary>
    public sealed record GatewayStatus
    {
        /// <summary>The state of requests to NCLUE.</summary>
        public required UpstreamState Upstream { get; init; }

        /// <summary>One sentence that explains a state other than `ok`; else null.</summary>
        public required string? Detail { get; init; }

        /// <summary>
        /// The remaining seconds in which no replica sends a request to NCLUE, because NCLUE throttles the account; else 0.
        /// </summary>
        public required int PausedForSeconds { get; init; }

        /// <summary>The number of requests to NCLUE, of all replicas.</summary>
        public required DepartureCounts Departures { get; init; }

        /// <summary>The gateway's copy of the whole list.</summary>
        public required SnapshotOverview Snapshot { get; init; }

        /// <summary>The number of event streams and waiting polls that are open at the replica that responds.</summary>
        public required int Streams { get; init; }

        /// <summary>The number of replicas that share the requests to NCLUE; 1 while Redis is away.</summary>
        public required int Replicas { get; init; }

        /// <summary>The state of Redis, through which replicas share requests and copies.</summary>
        public required RedisAvailability Redis { get; init; }
    }

    /// <summary>
    /// The state of requests to NCLUE. `ok`: nothing prevents them. `paused`: NCLUE throttles the account, or its quota is used up.
    /// `failing`: the last request failed. `credentials`: NCLUE refuses the gateway's key.
    /// </summary>
    [JsonConverter(typeof(JsonStringEnumConverter<UpstreamState>))]
    public enum UpstreamState
    {
        /// <summary>Nothing prevents requests.</summary>
        [JsonStringEnumMemberName("ok")]
        Ok,

        /// <summary>NCLUE throttles the account, or its quota is used up.</summary>
        [JsonStringEnumMemberName("paused")]
        Paused,

        /// <summary>The last request failed.</summary>
        [JsonStringEnumMemberName("failing")]
        Failing,

        /// <summary>NCLUE refuses the gateway's key.</summary>
        [JsonStringEnumMemberName("credentials")]
        Credentials,
    }

    /// <summary>
    /// The number of requests to NCLUE. All replicas count the same minutes. Without Redis each replica counts its own requests.
    /// </summary>
    public sealed record DepartureCounts
    {
        /// <summary>The number in the last whole minute, the last entry of `perMinute`; null if it is not known.</summary>
        public required int? LastMinute { get; init; }

        /// <summary>The number that the gateway allows in a minute. A minute that begins and ends with a request has one more.</summary>
        public required int MostPerMinute { get; init; }

        /// <summary>
        /// The number in each of the last 60 whole minutes, the oldest first. Null for a minute before the start of the replica that
        /// responds, and for one in which it did not know the number, such as while Redis was away.
        /// </summary>
        [MinLength(DepartureHistory.Minutes)]
        [MaxLength(DepartureHistory.Minutes)]
        public required IReadOnlyList<int?> PerMinute { get; init; }
    }

    /// <summary>The gateway's copy of the whole list, which queries, counts and changes are read from.</summary>
    public sealed record SnapshotOverview
    {
        /// <summary>The stage of the copy.</summary>
        public required SnapshotStage State { get; init; }

        /// <summary>The number of task runs that are known.</summary>
        public required int Runs { get; init; }

        /// <summary>The number of task runs of the list as NCLUE counts them; null while it is not known.</summary>
        public required long? ExpectedTotal { get; init; }

        /// <summary>The order of NCLUE's list.</summary>
        public required SnapshotOrder Order { get; init; }

        /// <summary>No new task run and no change of a status before this time is missing; null before the list is complete.</summary>
        public required DateTimeOffset? AsOf { get; init; }

        /// <summary>No deletion and no change of a name before this time is missing; null before the list is complete.</summary>
        public required DateTimeOffset? SweptAt { get; init; }
    }

    /// <summary>The order of NCLUE's list, as its responses have shown it or as Nclue:Order sets it.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<SnapshotOrder>))]
    public enum SnapshotOrder
    {
        /// <summary>The order is not known yet.</summary>
        [JsonStringEnumMemberName("unknown")]
        Unknown,

        /// <summary>New task runs are the first ones.</summary>
        [JsonStringEnumMemberName("newest-first")]
        NewestFirst,

        /// <summary>New task runs are the last ones.</summary>
        [JsonStringEnumMemberName("oldest-first")]
        OldestFirst,

        /// <summary>The order changes between responses.</summary>
        [JsonStringEnumMemberName("unordered")]
        Unordered,
    }

    /// <summary>
    /// The state of Redis. `away`: it does not reply, or refuses the log of the snapshot, so that each replica continues on its own.
    /// `none`: the gateway runs without Redis.
    /// </summary>
    [JsonConverter(typeof(JsonStringEnumConverter<RedisAvailability>))]
    public enum RedisAvailability
    {
        /// <summary>It replies.</summary>
        [JsonStringEnumMemberName("ok")]
        Ok,

        /// <summary>It does not reply, or refuses the log of the snapshot.</summary>
        [JsonStringEnumMemberName("away")]
        Away,

        /// <summary>The gateway runs without Redis.</summary>
        [JsonStringEnumMemberName("none")]
        None,
    }
}
