using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// The counters of alerts. The test runs alone: hosts of one process share OpenTelemetry's listeners, and a host that ends removes
/// metrics of the others.
/// </summary>
[Collection("Alone")]
public sealed class MonitoredMetricsTests
{
    [Fact]
    public async Task What_an_alert_counts_is_there_before_it_happens_for_the_first_time()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var counted = Monitoring.AlertQueries.Select(PromQuery.Parse)
            .Where(query => query.Selectors.All(selector => selector.Metric.EndsWith("_total", StringComparison.Ordinal))).ToList();

        counted.Count.ShouldBe(5);
        var text = await gateway.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        var samples = PromQuery.ReadSamples(text);
        string.Join('\n', counted.SelectMany(query => query.MissingIn(samples)).Distinct()).ShouldBeEmpty();
    }
}
