using System.Net;
using System.Text.RegularExpressions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// Whether a gateway reads out what is asked of it. Not beside other tests: hosts of one process share what OpenTelemetry listens to, and one
/// that ends takes metrics from the others.
/// </summary>
[Collection("Alone")]
[Trait("Needs", "RealTime")]
public sealed partial class MonitoredMetricsTests(TestRedis redis)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_that_the_alerts_and_the_dashboard_ask_for_is_read_out()
    {
        var settings = ReplicaSettings.For(await redis.ConnectionStringAsync(), ReplicaSettings.NewAccount());
        await using var gateway = await GatewayHost.StartAsync(settings: settings, realTime: true);
        await gateway.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK);
        GC.Collect(); // the size of the heap is that after the last collection
        var variable = VariableQuery().Match((string)Monitoring.Dashboard["templating"]!["list"]![1]!["definition"]!).Groups["metric"].Value;
        var queries = Monitoring.AlertQueries.Concat(Monitoring.DashboardQueries).Append(variable).Select(PromQuery.Parse).ToList();
        queries.SelectMany(query => query.Selectors).Select(selector => selector.Metric).Distinct().Count().ShouldBeGreaterThan(20);

        // What a request has taken is counted after its answer has gone out; and a block has a grace only while what came last has been read.
        var missing = await ReplicaSettings.EventuallyAsync(
            async () =>
            {
                await Task.WhenAll(gateway.ReadAsync(), gateway.ReadAsync(100), gateway.ReadAsync(200)); // three answers tell the time
                return await MissingAsync(gateway, queries);
            },
            missing => missing.Length == 0);

        missing.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_an_alert_counts_is_there_before_it_happens_for_the_first_time()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var counted = Monitoring.AlertQueries.Select(PromQuery.Parse)
            .Where(query => query.Selectors.All(selector => selector.Metric.EndsWith("_total", StringComparison.Ordinal))).ToList();

        counted.Count.ShouldBe(4);
        (await MissingAsync(gateway, counted)).ShouldBeEmpty();
    }

    private static async Task<string> MissingAsync(GatewayHost gateway, IEnumerable<PromQuery> queries)
    {
        var samples = PromQuery.ReadSamples(await gateway.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct));
        return string.Join('\n', queries.SelectMany(query => query.MissingIn(samples)).Distinct());
    }

    [GeneratedRegex(@"^label_values\((?<metric>\w+), job\)$")]
    private static partial Regex VariableQuery();
}
