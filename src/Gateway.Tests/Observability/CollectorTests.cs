using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Budget;
using NclueGateway.Hosting;
using NclueGateway.Tests.Check;
using NclueGateway.Tests.Infrastructure;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace NclueGateway.Tests.Observability;

/// <summary>
/// The exports to a collector, and the log when it rejects them. Spans are shared by the whole process, so these tests
/// run alone.
/// </summary>
[Collection("Alone")]
public sealed class CollectorTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exports_that_fail_are_one_warning_and_one_line_when_they_are_accepted_again(bool isGrpc)
    {
        await using var collector = await TestCollector.StartAsync(isGrpc);
        await using var gateway = await GatewayHost.StartAsync(settings: collector.Settings(isGrpc ? "grpc" : "http/protobuf"));

        Export(gateway);
        Lines(gateway).ShouldBeEmpty();
        (collector.Status, collector.GrpcStatus) = isGrpc ? (200, "16") : (400, "0");
        Export(gateway);
        Export(gateway);
        Lines(gateway).ShouldHaveSingleItem().ShouldMatch(
            @"^Warning The OpenTelemetry collector does not accept exports \((traces|metrics): "
            + (isGrpc ? "gRPC status 16" : "HTTP 400")
            + @"\)\. What cannot be exported is lost\.$");
        (collector.Status, collector.GrpcStatus) = (200, "0");
        Export(gateway);
        Export(gateway);

        Lines(gateway).Skip(1).ShouldBe(["Information The OpenTelemetry collector accepts exports again."]);
    }

    [Fact]
    public async Task A_collector_that_is_down_is_one_warning()
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{RedisServer.FreePort()}" });

        Export(gateway);
        Export(gateway);

        Lines(gateway).ShouldHaveSingleItem().ShouldContain("ConnectionError");
    }

    [Fact]
    public async Task A_span_holds_nothing_that_a_caller_has_chosen()
    {
        await using var collector = await TestCollector.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(settings: collector.Settings());

        foreach (var line in new[]
        {
            "GET /canary/canary?canary=canary", "CANARY /api/task-runs?canary", "GET /problems/canary", "GET /api/task-runs?index=canary",
        })
        {
            await SendAsync(
                gateway.Address,
                $"{line} HTTP/1.1\r\nHost: canary.example\r\nUser-Agent: canary\r\nConnection: close\r\n"
                + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                + "tracestate: canary=canary\r\nbaggage: canary=canary\r\n\r\n");
        }

        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Ct); // a span ends shortly after the response
        Export(gateway);

        var spans = collector.Text("/v1/traces");
        spans.ShouldNotContain("canary", Case.Insensitive);
        spans.ShouldContain("_OTHER");
        spans.ShouldContain("/problems/{slug}");
        spans.ShouldContain("url.path");
        collector.Text("/v1/metrics").ShouldNotContain("canary", Case.Insensitive);
    }

    [Fact]
    public async Task The_check_names_a_collector_that_accepts_nothing_and_one_that_accepts_metrics_and_traces()
    {
        await using var installation = await CheckedInstallation.StartAsync();
        await using var collector = await TestCollector.StartAsync();
        foreach (var (key, value) in collector.Settings())
        {
            installation.Settings[key] = value;
        }

        var good = await installation.CheckAsync(callsUpstream: false);
        collector.Status = 404; // not retried
        var wrong = await installation.CheckAsync(callsUpstream: false);
        var down = await installation.CheckAsync(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            $"http://user:canary@127.0.0.1:{RedisServer.FreePort()}",
            callsUpstream: false);
        var mistaken = await installation.CheckAsync("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", callsUpstream: false);

        (good["collector"].State, good["collector"].Seen).ShouldBe(("fine", $"{collector.Address} accepts metrics and traces."));
        (wrong.ExitCode, wrong["collector"].State).ShouldBe((0, "warning"));
        wrong["collector"].Seen.ShouldBe($"{collector.Address} does not accept exports (metrics: HTTP 404, traces: HTTP 404).");
        down["collector"].Seen.ShouldContain("does not accept exports (metrics: ConnectionError, traces: ConnectionError).");
        down.Text.ShouldNotContain("canary");
        mistaken["settings"].Details!.ShouldHaveSingleItem()
            .ShouldStartWith("OTEL_EXPORTER_OTLP_ENDPOINT: it is not an absolute http or https address");
        mistaken.ExitCode.ShouldBe(1);
    }

    /// <summary>Exports everything now, as the exporter does periodically.</summary>
    private static void Export(GatewayHost gateway)
    {
        using (GatewayTelemetry.Source.StartActivity("test"))
        {
        }

        gateway.Services.GetRequiredService<TracerProvider>().ForceFlush(10_000);
        gateway.Services.GetRequiredService<MeterProvider>().ForceFlush(10_000);
    }

    private static List<string> Lines(GatewayHost gateway) =>
        [
            .. gateway.Logs.GetSnapshot()
            .Where(log => log.Category == "NclueGateway.Operations.Telemetry.CollectorWatch")
            .Select(log => $"{log.Level} {log.Message}"),
        ];

    private static async Task SendAsync(Uri address, string request)
    {
        using var connection = new TcpClient(address.Host, address.Port);
        await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Ct);
        using var reader = new StreamReader(connection.GetStream());
        (await reader.ReadToEndAsync(Ct)).ShouldStartWith("HTTP/1.1 ");
    }
}
