using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using NclueGateway.Observability.Telemetry;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Observability;

/// <summary>
/// The spans for a tracing backend, read from their source. Hosts of one process share the listeners, so these tests run
/// alone.
/// </summary>
[Collection("Alone")]
public sealed class TracesTests : IDisposable
{
    private readonly string _callersTrace = ActivityTraceId.CreateRandom().ToHexString();
    private readonly ConcurrentBag<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public TracesTests()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name is "NclueGateway" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_trace_leads_from_the_caller_by_the_reader_and_its_refresh_to_NCLUE()
    {
        await using var gateway = await GatewayHost.StartAsync();

        (await SendAsync(gateway, "/api/task-runs")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var request = await RequestAsync();
        await gateway.UntilNoneInFlightAsync();
        var wait = Child(request, "wait");
        var refresh = Child(wait, "refresh");
        var call = Child(refresh, "GET task-runs");

        call.Kind.ShouldBe(ActivityKind.Client);
        call.GetTagItem("server.address").ShouldBe("127.0.0.1");
        call.GetTagItem("http.response.status_code").ShouldBe(200);
        refresh.GetTagItem("nclue_gateway.block").ShouldBe(0);
    }

    [Theory]
    [InlineData("", false)] // no link is added without a collector to export it to
    [InlineData("http://127.0.0.1:9", true)]
    public async Task A_callers_trace_is_linked_for_a_collector_and_neither_continued_nor_told_to_NCLUE(string collector, bool isLinked)
    {
        await using var gateway = await GatewayHost.StartAsync(
            settings: new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector });

        using var response = await SendAsync(gateway, "/api/task-runs");
        var request = await RequestAsync();

        request.TraceId.ToHexString().ShouldNotBe(_callersTrace);
        request.Links.Any(link => link.Context.TraceId.ToHexString() == _callersTrace).ShouldBe(isLinked);
        request.ParentId.ShouldBeNull();
        request.Baggage.ShouldBeEmpty();
        gateway.Nclue.Arrivals.ShouldAllBe(
            arrival => !arrival.Headers.Any(
                header => header.Key.StartsWith("trace", StringComparison.OrdinalIgnoreCase) || header.Key == "baggage"));
    }

    /// <summary><c>tracestate</c> may contain any text, and would be in every export of the span.</summary>
    [Theory]
    [InlineData("vendor=1")]
    [InlineData("vendor=S\u00f8rina")]
    public void A_callers_tracestate_is_dropped(string sent)
    {
        using var request = new Activity("request").Start();

        UntrustedTraceContext.Link(
            request,
            new HeaderDictionary { ["traceparent"] = $"00-{_callersTrace}-00f067aa0ba902b7-01", ["tracestate"] = sent });

        request.Links.ShouldHaveSingleItem().Context.TraceState.ShouldBeNull();
    }

    [Fact]
    public async Task A_collector_is_sent_spans_and_metrics_and_no_secret()
    {
        await using var collector = await TestCollector.StartAsync();

        await using (var gateway = await GatewayHost.StartAsync(settings: collector.Settings()))
        {
            (await SendAsync(gateway, "/api/task-runs?limit=1")).StatusCode.ShouldBe(HttpStatusCode.OK);
            await gateway.UntilNoneInFlightAsync();
        }

        var spans = collector.Text("/v1/traces");
        var metrics = collector.Text("/v1/metrics");
        spans.ShouldContain("GET task-runs");
        spans.ShouldContain("refresh");
        metrics.ShouldContain("nclue_gateway.reads");
        foreach (var text in new[] { spans, metrics })
        {
            text.ShouldNotContain("canary");
            text.ShouldNotContain("eyJ");
            text.ShouldNotContain(GatewayHost.AccessKey);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, string path)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.Add("traceparent", $"00-{_callersTrace}-00f067aa0ba902b7-01");
        message.Headers.Add("baggage", "secret=canary");
        return await gateway.Client.SendAsync(message, Ct);
    }

    /// <summary>Returns the span of the request whose reader waited for NCLUE. It ends shortly after the response.</summary>
    private async Task<Activity> RequestAsync() => (await ReplicaSettings.EventuallyAsync(
        () => Task.FromResult(_ended.FirstOrDefault(
            span => _ended.Any(wait => wait.DisplayName == "wait" && wait.ParentSpanId == span.SpanId))),
        span => span is not null))!;

    private Activity Child(Activity parent, string name) =>
        _ended.Single(span => span.ParentSpanId == parent.SpanId && span.DisplayName == name);
}
