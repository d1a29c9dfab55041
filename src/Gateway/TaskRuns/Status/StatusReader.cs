using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;
using static NclueGateway.TaskRuns.Status.StatusDtos;

namespace NclueGateway.TaskRuns.Status;

/// <summary>
/// Reads the status of the gateway, for people and programs. It sends no request to NCLUE or Redis, and does not count as a query
/// on the list.
/// </summary>
/// <param name="refresher">Knows the state of the upstream.</param>
/// <param name="coordinator">Knows the other replicas and the pause of all of them.</param>
/// <param name="departures">Counts departures.</param>
/// <param name="snapshot">The copy of the whole list.</param>
/// <param name="log">The log of the snapshot.</param>
/// <param name="streams">The streams and waiting polls of this replica.</param>
/// <param name="time">The clock.</param>
/// <param name="circuit">The state of Redis; null without Redis.</param>
internal sealed class StatusReader(
    Refresher refresher,
    IUpstreamCoordinator coordinator,
    DepartureHistory departures,
    SnapshotWriter snapshot,
    ISnapshotLog log,
    OpenStreams streams,
    TimeProvider time,
    RedisCircuit? circuit = null)
{
    /// <summary>Returns the status at this moment.</summary>
    public GatewayStatus Read()
    {
        var upstream = refresher.Status;
        var state = StateOf(upstream.Failure?.Kind);
        // Without Redis the account's pause is that of this replica.
        var pause = state == UpstreamState.Paused ? upstream.RemainingDelay : coordinator.Pause?.Left ?? TimeSpan.Zero;
        var perMinute = departures.Read();
        var list = snapshot.Status;
        return new()
        {
            Upstream = state,
            Detail = upstream.Failure?.Detail,
            PausedForSeconds = (int)Math.Ceiling(pause.TotalSeconds),
            Departures = new() { LastMinute = perMinute[^1], MostPerMinute = departures.MostPerMinute, PerMinute = perMinute },
            Snapshot = new()
            {
                State = list.State,
                Runs = list.Runs,
                ExpectedTotal = list.ExpectedTotal,
                Order = OrderOf(list.Order),
                AsOf = TimeOf(list.Age),
                SweptAt = TimeOf(list.SweepAge),
            },
            Streams = streams.Count,
            Replicas = coordinator.BacklogOfOtherReplicas.Count + 1,
            Redis = circuit is null ? RedisAvailability.None
                : circuit.State.IsAvailable == true && log.Away is null ? RedisAvailability.Ok
                : RedisAvailability.Away,
        };
    }

    private static UpstreamState StateOf(NclueFailureKind? failure) => failure switch
    {
        null => UpstreamState.Ok,
        NclueFailureKind.Throttled or NclueFailureKind.QuotaExceeded => UpstreamState.Paused,
        NclueFailureKind.CredentialsRefused => UpstreamState.Credentials,
        _ => UpstreamState.Failing,
    };

    private static SnapshotOrder OrderOf(ListOrder order) => order switch
    {
        ListOrder.NewestFirst => SnapshotOrder.NewestFirst,
        ListOrder.OldestFirst => SnapshotOrder.OldestFirst,
        ListOrder.Unordered => SnapshotOrder.Unordered,
        _ => SnapshotOrder.Unknown,
    };

    /// <summary>Returns the time of an age, in whole milliseconds, rounded down so that no age is understated.</summary>
    private DateTimeOffset? TimeOf(TimeSpan? age) =>
        time.GetUtcNow() - age is { } at ? at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond)) : null;
}
