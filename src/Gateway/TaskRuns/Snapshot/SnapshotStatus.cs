using System.Text.Json.Serialization;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>The state of the snapshot at one moment, for metrics, health checks and the status of the gateway.</summary>
/// <param name="State">The stage.</param>
/// <param name="Runs">Number of known runs.</param>
/// <param name="ExpectedTotal">Number of runs of the list as NCLUE counts them; null while it is not known.</param>
/// <param name="Order">Order of the list.</param>
/// <param name="Age">
/// Age of the newest complete version: no new run and no change of a state is older and unnoticed. Null before the first one.
/// </param>
/// <param name="SweepAge">Time since which every row was read; null before the first complete version.</param>
/// <param name="Versions">Number of versions that callers can read.</param>
/// <param name="Gaps">Number of places in the newest state where unknown runs may stand.</param>
internal sealed record SnapshotStatus(
    SnapshotStage State, int Runs, long? ExpectedTotal, ListOrder Order, TimeSpan? Age, TimeSpan? SweepAge, int Versions, int Gaps)
{
    /// <summary>Returns the state of a snapshot.</summary>
    public static SnapshotStatus Of(
        Roll newest, SnapshotVersions versions, ListOrder order, bool isActive, bool isTooLarge, DepartureClock clock)
    {
        var shown = versions.Shown;
        var stage = !isActive ? SnapshotStage.Off
            : isTooLarge ? SnapshotStage.TooLarge
            : order == ListOrder.Unordered ? SnapshotStage.Unordered
            : shown is null ? SnapshotStage.Building
            : SnapshotStage.Complete;
        return new(
            stage,
            newest.Count,
            newest.Traits.ExpectedTotal,
            order,
            shown is null ? null : clock.AgeOf(shown.ReadAt),
            shown is null ? null : clock.AgeOf(shown.State.Roll.SweptAt),
            versions.Count,
            newest.Gaps);
    }
}

/// <summary>
/// Stages of the snapshot. `off`: no caller asks for it. `building`: the list is being read for the first time. `complete`: all runs are
/// known. `unordered`: the order of NCLUE's list changes, so that deletions are noticed late. `too-large`: the list is longer than
/// Snapshot:MaxRuns, and is not copied.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<SnapshotStage>))]
internal enum SnapshotStage
{
    /// <summary>No caller asks for it.</summary>
    [JsonStringEnumMemberName("off")]
    Off,

    /// <summary>The list is being read for the first time.</summary>
    [JsonStringEnumMemberName("building")]
    Building,

    /// <summary>All runs are known.</summary>
    [JsonStringEnumMemberName("complete")]
    Complete,

    /// <summary>The order of NCLUE's list changes, so that deletions are noticed late.</summary>
    [JsonStringEnumMemberName("unordered")]
    Unordered,

    /// <summary>The list is longer than <c>Snapshot:MaxRuns</c>.</summary>
    [JsonStringEnumMemberName("too-large")]
    TooLarge,
}
