using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Upstream;

/// <summary>
/// The upstream receives only the gateway's own request; a client receives a page and no headers or text of the upstream.
/// </summary>
public sealed class DetachedForwardTests
{
    private const string List = """{"index":0,"limit":100,"total":1,"runs":[{"run_id":"a","run_name":"run-000007 x"}]}""";

    private static readonly string[] HeadersUpstream =
        ["Accept", "Accept-Encoding", "Host", "x-ncp-apigw-signature-v2", "x-ncp-apigw-timestamp", "x-ncp-iam-access-key"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_a_caller_arrives_upstream()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/task-runs?index=40&limit=5")
        {
            Content = new StringContent("canary=body"),
        };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Cookie"] = "canary=1",
            ["X-Forwarded-For"] = "10.0.0.1",
            ["X-Forwarded-Host"] = "canary.example",
            ["X-Forwarded-Proto"] = "https",
            ["X-Forwarded-Prefix"] = "/canary",
            ["Forwarded"] = "for=canary",
            ["Via"] = "1.1 canary",
            ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ["tracestate"] = "canary=1",
            ["baggage"] = "canary=1",
            ["Request-Id"] = "|canary.1.",
            ["Correlation-Context"] = "canary=1",
            ["Accept"] = "application/json, canary/canary;q=0.1",
            ["Accept-Encoding"] = "gzip, br",
            ["Accept-Language"] = "ko",
            ["User-Agent"] = "canary",
            ["Origin"] = "https://canary.example",
            ["Referer"] = "https://canary.example/",
            ["If-None-Match"] = "\"canary\"",
            ["Range"] = "bytes=0-1",
            ["Cache-Control"] = "no-cache",
            ["Pragma"] = "no-cache",
            ["TE"] = "trailers",
            ["x-ncp-iam-access-key"] = "canary",
            ["x-ncp-apigw-timestamp"] = "1",
            ["x-ncp-apigw-signature-v2"] = "canary",
            ["X-HTTP-Method-Override"] = "DELETE",
        })
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        using var response = await gateway.Client.SendAsync(request, Token);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var arrival = gateway.Nclue.Arrivals.ShouldHaveSingleItem();
        arrival.Refusal.ShouldBeNull();
        arrival.Method.ShouldBe("GET");
        arrival.Target.ShouldBe("/api/v1/task-runs?index=0&limit=100");
        arrival.Protocol.ShouldBe("HTTP/1.1");
        arrival.Headers.Keys.Order(StringComparer.Ordinal).ShouldBe(HeadersUpstream);
        arrival.Headers["Host"].ToString().ShouldBe(gateway.Nclue.BaseAddress.Authority);
        arrival.Headers["x-ncp-iam-access-key"].ToString().ShouldBe(GatewayHost.AccessKey);
        (arrival.Headers["Accept"].ToString(), arrival.Headers["Accept-Encoding"].ToString()).ShouldBe(("application/json", "identity"));
    }

    [Fact]
    public async Task The_bytes_on_the_wire_are_a_request_line_and_six_headers()
    {
        await using var upstream = RawUpstream.Start(RawUpstream.Http(200, Bytes(List)));
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        (await gateway.CallAsync(3)).Failure.ShouldBeNull();

        var lines = upstream.Requests.ShouldHaveSingleItem().Split("\r\n");
        lines[0].ShouldBe("GET /api/v1/task-runs?index=300&limit=100 HTTP/1.1");
        lines[1..^2].Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal).ShouldBe(HeadersUpstream);
        lines[^2..].ShouldBe(["", ""]);
    }

    [Fact]
    public async Task Where_index_counts_pages_a_block_is_asked_for_by_its_number()
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, IndexUnit = NclueGateway.Sandbox.Nclue.SimulatedIndexUnit.Page },
            new Dictionary<string, string?> { ["Nclue:IndexUnit"] = "page" });

        (await gateway.CallAsync(2)).Failure.ShouldBeNull();

        gateway.Nclue.Arrivals.ShouldHaveSingleItem().Target.ShouldBe("/api/v1/task-runs?index=2&limit=100");
    }

    [Theory]
    [InlineData("row", "index=160&limit=100")]
    [InlineData("page", "index=2&limit=80")]
    public async Task A_window_is_requested_at_its_row_or_as_the_page_that_holds_it(string unit, string query)
    {
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, IndexUnit = Enum.Parse<NclueGateway.Sandbox.Nclue.SimulatedIndexUnit>(unit, ignoreCase: true) },
            new Dictionary<string, string?> { ["Nclue:IndexUnit"] = unit });

        (await gateway.CallAsync(RowWindow.NumberOf(160))).Failure.ShouldBeNull();

        gateway.Nclue.Arrivals.ShouldHaveSingleItem().Target.ShouldBe("/api/v1/task-runs?" + query);
    }

    [Fact]
    public async Task No_trace_is_sent_upstream_while_everything_is_traced()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http" or "Yarp.ReverseProxy" or "test",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        await using var gateway = await GatewayHost.StartAsync();

        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        gateway.AdvanceOneInterval();
        gateway.AdvanceOneInterval();
        using (var activity = source.StartActivity("canary").ShouldNotBeNull())
        {
            activity.SetBaggage("canary", "1");
            activity.TraceStateString = "canary=1";
            (await gateway.CallAsync()).Failure.ShouldBeNull();
        }

        gateway.Nclue.Arrivals.Count.ShouldBe(2);
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Headers.Count == HeadersUpstream.Length);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var elsewhere = RawUpstream.Start(RawUpstream.Http(200, Bytes(List)));
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new()
        {
            Status = status,
            Headers = new Dictionary<string, string> { ["Location"] = elsewhere.BaseAddress + "task-runs?index=0&limit=100" },
        };

        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync());

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-error");
        page.Headers.ShouldNotContainKey("Location");
        elsewhere.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_header_of_the_upstream_reaches_a_caller_and_no_cookie_comes_back_to_it()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new()
        {
            Headers = new Dictionary<string, string>
            {
                ["Set-Cookie"] = "canary=1; Path=/",
                ["ETag"] = "\"canary\"",
                ["Cache-Control"] = "public, max-age=99",
                ["Last-Modified"] = "Mon, 23 Nov 2026 12:00:00 GMT",
                ["Server"] = "canary",
                ["x-canary"] = "1",
            },
        };

        var first = await gateway.ReadAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(15));
        await gateway.ReadAsync();
        var arrivals = await gateway.Nclue.WaitForArrivalsAsync(2, Token);

        arrivals[1].Headers.Keys.Order(StringComparer.Ordinal).ShouldBe(HeadersUpstream);
        first.Status.ShouldBe(HttpStatusCode.OK);
        string.Join('\n', first.Headers).ShouldNotContain("canary");
        first.Headers.Keys.ShouldNotContain("x-ncp-trace-id");
        first.Headers["Cache-Control"].ShouldNotContain("public");
    }

    [Theory]
    [InlineData("Content-Encoding: gzip", "gzip")]
    [InlineData("Content-Encoding: identity, X-GZip", "X-GZip")]
    [InlineData("Content-Encoding: <canary of 30 characters>", "an unknown coding")]
    [InlineData("Transfer-Encoding: gzip", "gzip")]
    public async Task A_compressed_response_that_the_gateway_did_not_ask_for_is_refused_by_its_coding(string header, string coding)
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Bytes(List), Token);
        }

        await using var upstream = RawUpstream.Start(RawUpstream.Http(200, compressed.ToArray(), header), closes: true);
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        var page = await gateway.ReadAsync();

        (page.Status, page.Problem).ShouldBe((HttpStatusCode.BadGateway, "/problems/upstream-malformed"));
        ((string?)page.Json["detail"])!.ShouldContain($"({coding})");
        page.Text.ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_response_with_the_coding_identity_is_read()
    {
        await using var upstream = RawUpstream.Start(RawUpstream.Http(200, Bytes(List), "Content-Encoding: Identity"));
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        (await gateway.ReadAsync()).Runs.ShouldBe([7]);
    }

    [Theory]
    [InlineData("Content-Type: text/plain;charset=UTF-8")]
    [InlineData("Content-Type: application/json")]
    [InlineData("Content-Type: text/html")]
    [InlineData("Content-Type: nonsense")]
    [InlineData("X-Nothing: 1")]
    public async Task A_list_is_a_list_under_any_content_type(string header)
    {
        await using var upstream = RawUpstream.Start(RawUpstream.Http(200, Bytes(List), header));
        await using var gateway = await Calls.StartGatewayAsync(upstream);

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        page.Runs.ShouldBe([7]);
        page.Headers["Content-Type"].ShouldBe("application/json");
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_end_the_call()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Delay = TimeSpan.FromSeconds(2) });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var left = gateway.Client.GetAsync("/api/task-runs", leaving.Token);
        await gateway.Nclue.WaitForArrivalsAsync(1, Token);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);
        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync(), hasArrived: true);

        page.Status.ShouldBe(HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_of_thousands_of_characters_is_still_one_request()
    {
        var key = new string('k', 9_000);
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?> { ["Nclue:AccessKey"] = key });
        gateway.Nclue.Keys[key] = GatewayHost.SecretKey;

        var page = await gateway.ReadAsync();

        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        gateway.Nclue.Arrivals.ShouldHaveSingleItem().Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task The_connections_are_as_plain_as_the_forwarder_wants_them()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var handler = gateway.Services.GetRequiredKeyedService<SocketsHttpHandler>(NclueHttpHandlerFactory.Key);

        handler.UseProxy.ShouldBeFalse();
        handler.UseCookies.ShouldBeFalse();
        handler.AllowAutoRedirect.ShouldBeFalse();
        handler.AutomaticDecompression.ShouldBe(DecompressionMethods.None);
        handler.Credentials.ShouldBeNull();
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
