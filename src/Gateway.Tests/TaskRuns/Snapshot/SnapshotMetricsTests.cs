using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using NclueGateway.Hosting;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>The metrics of the snapshot.</summary>
public sealed class SnapshotMetricsTests
{
    [Fact]
    public async Task They_show_how_far_the_list_is_read_and_what_was_learned_of_it()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        (One(gateway, "state"), One(gateway, "order"), All<int>(gateway, "gaps"), All<long>(gateway, "expected_runs"))
            .ShouldBe(("off", "unknown", "1", "")); // the whole list is a gap

        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);
        (One(gateway, "state"), All<int>(gateway, "complete")).ShouldBe(("building", "0"));
        (All<int>(gateway, "gaps"), All<long>(gateway, "expected_runs")).ShouldBe(("1", "1000"));

        await gateway.CompleteAsync();
        (One(gateway, "state"), One(gateway, "order"), All<int>(gateway, "gaps"), All<int>(gateway, "runs"))
            .ShouldBe(("complete", "newest-first", "0", "1000"));
    }

    [Fact]
    public async Task Requests_for_the_whole_list_are_counted_apart()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        using var departures = new MetricCollector<long>(
            gateway.Services.GetRequiredService<IMeterFactory>(), GatewayTelemetry.Name, "nclue_gateway.departures");

        await gateway.CompleteAsync();

        departures.GetMeasurementSnapshot().Select(counted => counted.Tags["class"]).Distinct().ShouldContain("background");
    }

    [Fact]
    public async Task A_list_that_is_too_long_is_a_state()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 250 }, QueryHosts.Settings(("Snapshot:MaxRuns", "200")));
        gateway.AskForSnapshot();

        await gateway.LetDepartUntilAsync(state => state.Roll.Count > 0);

        One(gateway, "state").ShouldBe("too-large");
    }

    /// <summary>Returns the label of the series that is 1. All others are 0.</summary>
    private static string One(GatewayHost gateway, string name)
    {
        var series = Read<int>(gateway, name);
        series.Sum(measured => measured.Value).ShouldBe(1);
        return (string)series.Single(measured => measured.Value == 1).Tags[name]!;
    }

    private static string All<T>(GatewayHost gateway, string name)
        where T : struct => string.Join(' ', Read<T>(gateway, name).Select(measured => measured.Value));

    private static IReadOnlyList<CollectedMeasurement<T>> Read<T>(GatewayHost gateway, string name)
        where T : struct
    {
        using var collector = new MetricCollector<T>(
            gateway.Services.GetRequiredService<IMeterFactory>(), GatewayTelemetry.Name, $"nclue_gateway.snapshot.{name}");
        collector.RecordObservableInstruments();
        return collector.GetMeasurementSnapshot();
    }
}
