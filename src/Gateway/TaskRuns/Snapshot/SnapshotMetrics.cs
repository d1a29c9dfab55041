using System.Diagnostics.Metrics;
using System.Text.Json;
using NclueGateway.Hosting;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>Metrics of the snapshot.</summary>
internal sealed class SnapshotMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _responses;

    public SnapshotMetrics(IMeterFactory meters)
    {
        _meter = meters.CreateGatewayMeter();
        _responses = _meter.CreateCounter<long>(
            "nclue_gateway.snapshot.responses",
            "{response}",
            "Responses of NCLUE that the snapshot got, by outcome: placed, disordered, unconfirmed, or refused without a known place.");
        foreach (var outcome in Enum.GetValues<IntakeOutcome>())
        {
            _responses.Add(0, Of(outcome)); // because increase() in Prometheus ignores the event that creates a series
        }
    }

    /// <summary>Registers the gauges, which read the status of the snapshot.</summary>
    public void Observe(Func<SnapshotStatus> status)
    {
        _meter.CreateObservableGauge("nclue_gateway.snapshot.runs", () => status().Runs, "{run}", "Runs in the snapshot.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.expected_runs",
            () => status().ExpectedTotal is { } total ? [new Measurement<long>(total)] : Array.Empty<Measurement<long>>(),
            "{run}",
            "Runs of the list as NCLUE counts them. Absent while it is not known.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.gaps", () => status().Gaps, "{gap}", "Places in the snapshot where unknown runs may stand.");
        ObserveOneOf("state", "Stage of the snapshot", () => status().State);
        ObserveOneOf("order", "Order of NCLUE's list", () => status().Order);
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.complete",
            () => status() is { Age: not null } ? 1 : 0,
            null,
            "1 if the snapshot has a version with all runs of the list, 0 otherwise.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.unordered",
            () => status().State == SnapshotStage.Unordered ? 1 : 0,
            null,
            "1 if the order of NCLUE's list changes between responses, 0 otherwise.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.versions", () => status().Versions, "{version}", "Versions of the snapshot in memory.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.age",
            () => Seconds(status(), snapshot => snapshot.Age),
            "s",
            "Age of the snapshot. Absent without a complete version, and while no caller asks for one.");
        _meter.CreateObservableGauge(
            "nclue_gateway.snapshot.sweep.age",
            () => Seconds(status(), snapshot => snapshot.SweepAge),
            "s",
            "Age of the oldest row of the snapshot. Absent as the age is.");
    }

    /// <summary>Counts a response.</summary>
    public void Took(IntakeOutcome outcome) => _responses.Add(1, Of(outcome));

    /// <summary>Registers a gauge with a series for each value: 1 for the current one, 0 for the others.</summary>
    private void ObserveOneOf<T>(string name, string meaning, Func<T> current)
        where T : struct, Enum
    {
        var values = Array.ConvertAll(
            Enum.GetValues<T>(), value => (Value: value, Name: JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString())));
        _meter.CreateObservableGauge(
            $"nclue_gateway.snapshot.{name}",
            () =>
            {
                var now = current();
                return values.Select(value => new Measurement<int>(
                    value.Value.Equals(now) ? 1 : 0, new KeyValuePair<string, object?>(name, value.Name)));
            },
            null,
            $"{meaning}: 1 for the current one of {string.Join(", ", values.Select(value => value.Name))}, 0 for the others.");
    }

    /// <summary>Returns an age, unless the snapshot is off: its age then grows as intended, and must not raise an alert.</summary>
    private static IEnumerable<Measurement<double>> Seconds(SnapshotStatus status, Func<SnapshotStatus, TimeSpan?> age) =>
        status.State != SnapshotStage.Off && age(status) is { } known ? [new(known.TotalSeconds)] : [];

    private static KeyValuePair<string, object?> Of(IntakeOutcome outcome) => new("outcome", outcome.ToString().ToLowerInvariant());
}
