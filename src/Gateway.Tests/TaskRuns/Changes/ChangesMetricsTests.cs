using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using NclueGateway.Hosting;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The metrics of streams and polls.</summary>
public sealed class ChangesMetricsTests
{
    private const string Changes = "/api/task-runs/changes";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Streams_are_counted_when_they_open_and_end()
    {
        await using var gateway = await StartAsync();
        using var opened = Collect<long>(gateway, "nclue_gateway.streams.opened");
        using var ended = Collect<long>(gateway, "nclue_gateway.streams.ended");
        using var open = Collect<int>(gateway, "nclue_gateway.streams.open");
        using var client = gateway.CreateFastClient();

        await using (var reader = await EventReader.OpenAsync(client))
        {
            await reader.NextAsync("bookmark");
            open.RecordObservableInstruments();
        }

        await ended.WaitForMeasurementsAsync(1, TimeSpan.FromSeconds(30));
        open.RecordObservableInstruments();
        opened.GetMeasurementSnapshot().Select(counted => counted.Value).ShouldBe([1]);
        ended.GetMeasurementSnapshot().Select(counted => (counted.Value, counted.Tags["reason"])).ShouldBe([(1, "caller")]);
        open.GetMeasurementSnapshot().Select(gauge => gauge.Value).ShouldBe([1, 0]);
    }

    [Fact]
    public async Task A_change_is_recorded_with_the_age_of_the_version_before_it()
    {
        await using var gateway = await StartAsync();
        using var detection = Collect<double>(gateway, "nclue_gateway.changes.detection");
        using var versions = Collect<long>(gateway, "nclue_gateway.changes.versions");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        await reader.NextAsync("bookmark");
        var before = gateway.Clock.GetUtcNow();

        await gateway.ChangeListAsync([ChangeHosts.Run("b"), ChangeHosts.Run("a")]);
        await reader.NextAsync("changes");

        var passed = (gateway.Clock.GetUtcNow() - before).TotalSeconds;
        detection.GetMeasurementSnapshot().Single().Value.ShouldBeInRange(0.9, passed + 10);
        versions.GetMeasurementSnapshot().Select(counted => counted.Value).ShouldBe([1]);
    }

    [Fact]
    public async Task A_deletion_is_no_part_of_the_age_of_changes()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([ChangeHosts.Run("b"), ChangeHosts.Run("a")]);
        using var detection = Collect<double>(gateway, "nclue_gateway.changes.detection");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        await reader.NextAsync("bookmark");

        await gateway.ChangeListAsync([ChangeHosts.Run("b")]);
        await reader.NextAsync("changes");

        detection.GetMeasurementSnapshot().ShouldBeEmpty();
    }

    [Fact]
    public async Task Streams_and_polls_that_wait_are_no_part_of_the_durations_of_requests()
    {
        await using var gateway = await StartAsync();
        using var durations = Collect<double>(gateway, "http.server.request.duration", "Microsoft.AspNetCore.Hosting");
        using var client = gateway.CreateFastClient();
        await using (var reader = await EventReader.OpenAsync(client))
        {
            await reader.NextAsync("bookmark");
        }

        var poll = await gateway.AskAsync(Changes);
        await gateway.LetPassUntilAsync(gateway.AskAsync($"{poll.Link("next")}&wait=1"));
        await gateway.UntilOpenAsync(0);
        await gateway.StopAsync();

        durations.GetMeasurementSnapshot().Count(measured => Changes.Equals(measured.Tags["http.route"])).ShouldBe(1);
    }

    [Fact]
    public async Task Refused_streams_and_polls_are_counted_by_their_problem()
    {
        await using var gateway = await StartAsync(("Quota:Streams", "1"));
        using var queries = Collect<long>(gateway, "nclue_gateway.queries");
        using var client = gateway.CreateFastClient();
        await using var reader = await EventReader.OpenAsync(client);
        await reader.NextAsync("bookmark");

        await using var second = await EventReader.OpenAsync(client);
        var expired = await gateway.AskAsync($"{Changes}?since=1-1-00000000");

        (second.Status, expired.Status).ShouldBe((HttpStatusCode.TooManyRequests, HttpStatusCode.Gone));
        queries.GetMeasurementSnapshot().Select(counted => (counted.Tags["operation"], counted.Tags["outcome"]))
            .ShouldBe([("changes", "caller-quota"), ("changes", "changes-expired")]);
    }

    private static MetricCollector<T> Collect<T>(GatewayHost gateway, string name, string meter = GatewayTelemetry.Name)
        where T : struct => new(gateway.Services.GetRequiredService<IMeterFactory>(), meter, name);

    private static Task<GatewayHost> StartAsync(params (string Name, string Value)[] settings) =>
        QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")], settings);
}
