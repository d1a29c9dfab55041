using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Observability;

/// <summary>
/// The metrics at <c>/metrics</c>. Hosts of one process share OpenTelemetry's listeners, so these tests run alone, and no
/// number here is exact.
/// </summary>
[Collection("Alone")]
public sealed class MetricsTests
{
    private static readonly Uri Metrics = new("/metrics", UriKind.Relative);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_refreshes_and_what_is_held_can_be_read_out()
    {
        await using var gateway = await GatewayHost.StartAsync();
        (await gateway.ReadAsync()).CacheStatus.ShouldContain("fwd=miss");
        (await gateway.ReadAsync()).CacheStatus.ShouldContain("hit");
        using var operators = gateway.CreateAnonymousClient();

        using var response = await operators.GetAsync(Metrics, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        foreach (var sample in new[]
        {
            "nclue_gateway_reads_total{.*outcome=\"miss\"", "nclue_gateway_reads_total{.*outcome=\"hit\"",
            "nclue_gateway_read_age_seconds_bucket{.*le=\"86400\"", "nclue_gateway_departures_total{.*class=\"wait\"",
            "nclue_gateway_pacer_wait_seconds_count", "nclue_gateway_refreshes_total{.*outcome=\"stored\"",
            "nclue_gateway_token_cache_lookups_total{.*result=\"hit\"", "nclue_gateway_blocks_held", "nclue_gateway_blocks_wanted",
            "nclue_gateway_grace_remaining_seconds", "http_server_request_duration_seconds_count",
            "http_client_request_duration_seconds_count", "dotnet_gc_collections_total",
        })
        {
            Regex.IsMatch(text, $"(?m)^{sample}.* [0-9.e+-]+").ShouldBeTrue(sample + "\n" + text);
        }

        foreach (var name in new[]
        {
            "nclue_gateway_queue_length", "nclue_gateway_calls_in_flight", "nclue_gateway_pause_remaining_seconds",
        })
        {
            text.ShouldContain("\n" + name);
        }
    }

    /// <summary>The room for the series of a metric is reserved at the start: 9 MB for all, if each had OpenTelemetry's 2,000.</summary>
    [Fact]
    public async Task Each_metric_has_room_for_a_limited_number_of_series()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var meter = gateway.Services.GetRequiredService<IMeterFactory>().CreateGatewayMeter();
        var counter = meter.CreateCounter<long>("test.counter");
        meter.CreateObservableGauge("test.gauge", () => Enumerable.Range(0, 300).Select(n => new Measurement<long>(n, Label(n))));
        for (var n = 0; n < 300; n++)
        {
            counter.Add(1, Label(n));
        }

        using var operators = gateway.CreateAnonymousClient();
        var text = await operators.GetStringAsync(Metrics, Ct);

        foreach (var metric in new[] { "test_counter_total", "test_gauge" })
        {
            Regex.Count(text, $"(?m)^{metric}\\{{.*label=").ShouldBeInRange(150, 200, metric);
            Regex.Count(text, $"(?m)^{metric}\\{{.*otel_metric_overflow=\"true\"").ShouldBe(1, metric);
        }

        static KeyValuePair<string, object?> Label(int number) => new("label", number);
    }

    [Fact]
    public async Task A_refusal_is_counted_by_its_problem()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Keys.Clear();
        (await gateway.LetDepartUntilAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.BadGateway);

        var text = await gateway.Client.GetStringAsync(Metrics, Ct);

        Regex.IsMatch(text, "nclue_gateway_reads_total{.*outcome=\"upstream-credentials\"").ShouldBeTrue(text);
        Regex.IsMatch(text, "nclue_gateway_refreshes_total{.*outcome=\"credentials_refused\"").ShouldBeTrue(text);
    }

    [Fact]
    public async Task No_label_says_who_reads_or_with_which_key()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var somebody = gateway.CreateClient("subject-canary");
        (await GatewayHost.ReadAsync(somebody)).Status.ShouldBe(HttpStatusCode.OK);
        using var refused = await somebody.GetAsync(new Uri("/api/task-runs?canary-parameter=1", UriKind.Relative), Ct);

        var text = await somebody.GetStringAsync(Metrics, Ct);

        text.ShouldNotContain("canary");
        text.ShouldNotContain(GatewayHost.AccessKey);
        text.ShouldNotContain("eyJ");
    }

    [Fact]
    public async Task Whoever_comes_by_a_proxy_sees_none()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        anonymous.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");

        using var response = await anonymous.GetAsync(Metrics, Ct);

        await response.ShouldBeProblemAsync(HttpProblems.NotFound);
    }
}
