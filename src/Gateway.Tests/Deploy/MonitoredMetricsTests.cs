using System.Net;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// The metrics that alerts and the dashboard use exist in a gateway. The tests run alone: hosts of one process share
/// OpenTelemetry's listeners, and a host that ends removes metrics of the others.
/// </summary>
[Collection("Alone")]
[Trait("Needs", "RealTime")]
public sealed partial class MonitoredMetricsTests(TestRedis redis)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_that_the_alerts_and_the_dashboard_ask_for_is_read_out()
    {
        // Some metrics are those of a whole list.
        var settings = ReplicaSettings.For(
            await redis.ConnectionStringAsync(), ReplicaSettings.NewAccount(), ("Snapshot:Warm", "true"));
        await using var gateway = await GatewayHost.StartAsync(settings: settings, realTime: true);
        await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK);
        await gateway.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await gateway.Client.GetStringAsync(new Uri("/api/task-runs?sort=name", UriKind.Relative), Ct); // the age of a query's version
        using var client = gateway.CreateFastClient();
        await using var stream = await EventReader.OpenAsync(client);
        await stream.NextAsync("bookmark");
        gateway.Nclue.Runs.Prepend(1);
        await stream.NextAsync("changes"); // the age of a change
        GC.Collect(); // the metric of the heap size is that of the last collection
        var variable = VariableQuery()
            .Match((string)Monitoring.Dashboard["templating"]!["list"]![1]!["definition"]!).Groups["metric"].Value;
        var queries = Monitoring.AlertQueries.Concat(Monitoring.DashboardQueries).Append(variable).Select(PromQuery.Parse).ToList();
        var documented = File.ReadLines(DeployedFiles.PathOf("docs/operations.md"))
            .Where(line => line.StartsWith("| `nclue_gateway_", StringComparison.Ordinal))
            .SelectMany(row => Name().Matches(row.Split('|')[1])).Select(name => name.Value).ToHashSet();
        queries.SelectMany(query => query.Selectors).Select(selector => selector.Metric).Distinct().Count().ShouldBeGreaterThan(20);

        // The duration of a request is recorded after its response was sent. A block has a grace period only while its
        // latest version has been read.
        var missing = await ReplicaSettings.EventuallyAsync(
            async () =>
            {
                // Three responses are enough to estimate the clock.
                await Task.WhenAll(gateway.ReadAsync(), gateway.ReadAsync(100), gateway.ReadAsync(200));
                return await MissingAsync(gateway, queries);
            },
            missing => missing.Length == 0);

        missing.ShouldBeEmpty();
        var text = await gateway.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);
        BackgroundDepartures().IsMatch(text).ShouldBeTrue("the reads of the whole list are counted apart");
        var exported = Name().Matches(text);
        exported.Select(name => HistogramSuffix().Replace(name.Value, "")).Distinct().ShouldBe(documented, ignoreOrder: true);
    }

    [Fact]
    public async Task What_an_alert_counts_is_there_before_it_happens_for_the_first_time()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var counted = Monitoring.AlertQueries.Select(PromQuery.Parse)
            .Where(query => query.Selectors.All(selector => selector.Metric.EndsWith("_total", StringComparison.Ordinal))).ToList();

        counted.Count.ShouldBe(5);
        (await MissingAsync(gateway, counted)).ShouldBeEmpty();
    }

    private static async Task<string> MissingAsync(GatewayHost gateway, IEnumerable<PromQuery> queries)
    {
        var samples = PromQuery.ReadSamples(await gateway.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct));
        return string.Join('\n', queries.SelectMany(query => query.MissingIn(samples)).Distinct());
    }

    [GeneratedRegex("nclue_gateway_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("(?m)^nclue_gateway_departures_total{.*class=\"background\".*} [1-9]")]
    private static partial Regex BackgroundDepartures();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramSuffix();

    [GeneratedRegex(@"^label_values\((?<metric>\w+), job\)$")]
    private static partial Regex VariableQuery();
}
