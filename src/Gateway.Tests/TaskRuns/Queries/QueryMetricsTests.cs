using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using NclueGateway.Hosting;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>The metrics of queries.</summary>
public sealed class QueryMetricsTests
{
    [Fact]
    public async Task Each_query_has_one_outcome_and_one_duration_and_those_of_an_incomplete_list_are_counted()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 1_000 });
        var meters = gateway.Services.GetRequiredService<IMeterFactory>();
        using var queries = new MetricCollector<long>(meters, GatewayTelemetry.Name, "nclue_gateway.queries");
        using var partial = new MetricCollector<long>(meters, GatewayTelemetry.Name, "nclue_gateway.queries.partial");
        using var durations = new MetricCollector<double>(meters, GatewayTelemetry.Name, "nclue_gateway.query.duration");

        await gateway.AskAsync("/api/task-runs?sort=name");
        await gateway.AskAsync("/api/task-runs?sort=name&partial=true");
        await gateway.AskAsync("/api/task-runs/summary?partial=true");
        await gateway.CompleteAsync();
        await gateway.AskAsync("/api/task-runs?sort=wrong"); // no query
        await gateway.AskAsync("/api/task-runs?sort=name");
        await gateway.AskAsync("/api/task-runs/summary");
        var run = (await gateway.AskAsync("/api/task-runs?sort=name&limit=1")).Ids()[0];
        await gateway.AskAsync($"/api/task-runs/{run}");
        var before = gateway.Clock.GetUtcNow();
        await gateway.LetDepartUntilAsync(gateway.AskAsync("/api/task-runs/unknown"));

        queries.GetMeasurementSnapshot().Select(counted => $"{counted.Tags["operation"]} {counted.Tags["outcome"]}").ShouldBe(
        [
            "list list-incomplete", "list hit", "summary hit", "list hit", "summary hit", "list hit", "run hit", "run not-found",
        ]);
        partial.GetMeasurementSnapshot().Select(counted => counted.Tags["operation"]).ShouldBe(["list", "summary"]);
        var measured = durations.GetMeasurementSnapshot();
        measured.Select(duration => duration.Tags["operation"])
            .ShouldBe(["list", "list", "summary", "list", "summary", "list", "run", "run"]);
        measured.SkipLast(1).ShouldAllBe(duration => duration.Value == 0);
        measured[^1].Value.ShouldBeInRange(0.5, (gateway.Clock.GetUtcNow() - before).TotalSeconds); // it waited for the newest rows
    }
}
