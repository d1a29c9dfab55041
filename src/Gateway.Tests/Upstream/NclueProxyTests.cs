using System.Net;
using System.Net.Sockets;
using System.Text;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Upstream;

/// <summary>Requests to NCLUE through a proxy, with an upstream over TLS.</summary>
[Trait("Needs", "Processes")]
public sealed class NclueProxyTests
{
    private const string Password = "proxy-password-canary";

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)] // the first CONNECT is refused with 407
    public async Task Requests_go_through_a_tunnel_that_is_opened_once_and_needs_no_permit(bool hasPassword, int connects)
    {
        await using var proxy = await Tinyproxy.StartAsync(hasPassword ? $"BasicAuth gateway {Password}" : "");
        await using var gateway = await StartAsync(proxy.Address, hasPassword ? Password : "");

        var first = await gateway.ReadAsync();
        var second = await gateway.LetDepartUntilAsync(gateway.ReadAsync(100));

        (first.Status, second.Status).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK));
        proxy.Requests.ShouldBe(Enumerable.Repeat($"CONNECT {gateway.Nclue.BaseAddress.Authority} HTTP/1.1", connects));
        gateway.Nclue.Arrivals.Count.ShouldBe(2);
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200 && !arrival.Headers.ContainsKey("Proxy-Authorization"));
        ShouldNotLogThePassword(gateway);
    }

    [Fact]
    [Trait("Needs", "RealTime")]
    public async Task The_first_requests_arrive_a_second_apart_though_the_tunnel_has_to_be_opened()
    {
        await using var proxy = await Tinyproxy.StartAsync($"BasicAuth gateway {Password}");
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 500, UseHttps = true, TlsHandshakeDelay = TimeSpan.FromMilliseconds(300) },
            Settings(proxy.Address, Password),
            realTime: true);

        var pages = await Task.WhenAll(gateway.ReadAsync(), gateway.ReadAsync(100), gateway.ReadAsync(200));

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        gateway.Nclue.Arrivals.Count.ShouldBe(3);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData($"BasicAuth gateway {Password}", "", "requires a user and password (HTTP 407)")]
    [InlineData($"BasicAuth gateway {Password}", "another-canary", "refuses its user and password (HTTP 401)")]
    [InlineData("ConnectPort 443", "", "opens no connection (HTTP 403)")]
    public async Task A_proxy_that_refuses_is_named_in_the_problem(string proxySettings, string password, string words)
    {
        await using var proxy = await Tinyproxy.StartAsync(proxySettings);
        await using var gateway = await StartAsync(proxy.Address, password);

        await ShouldFailAsync(gateway, words);

        proxy.Requests.ShouldNotBeEmpty();
        ShouldNotLogThePassword(gateway);
    }

    [Fact]
    public async Task A_proxy_that_cannot_connect_is_named_until_it_can()
    {
        await using var proxy = await Tinyproxy.StartAsync();
        await using var gateway = await StartAsync(proxy.Address);
        await gateway.Nclue.PauseAsync(TestContext.Current.CancellationToken);

        await ShouldFailAsync(gateway, "opens no connection (HTTP 500)");

        await gateway.Nclue.ResumeAsync(TestContext.Current.CancellationToken);
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        (await gateway.WhileTimePassesAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "opens no connection (HTTP 502)")]
    [InlineData("no HTTP\r\n\r\n", "does not respond as a proxy (InvalidResponse)")]
    [InlineData("", "does not respond as a proxy (ResponseEnded)")]
    public async Task Another_server_in_place_of_a_proxy_is_named(string response, string words)
    {
        await using var proxy = RawUpstream.Start(response, closes: true);
        await using var gateway = await StartAsync(proxy.BaseAddress.GetLeftPart(UriPartial.Authority));

        await ShouldFailAsync(gateway, words);
    }

    [Fact]
    public async Task A_proxy_that_is_not_there_is_named()
    {
        await using var gateway = await StartAsync($"http://127.0.0.1:{Nginx.FreePort()}");

        await ShouldFailAsync(gateway, "cannot be reached (ConnectionError)");
    }

    [Fact]
    public async Task A_proxy_that_hangs_is_named_and_an_upstream_that_hangs_is_not_its_fault()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var hanging = await StartAsync($"http://{silent.LocalEndpoint}");
        await using var proxy = await Tinyproxy.StartAsync();
        await using var gateway = await StartAsync(proxy.Address);
        gateway.Nclue.Fault = new() { Delay = TimeSpan.FromHours(1) };

        var unopened = (await hanging.WhileTimePassesAsync(hanging.CallAsync())).Failure.ShouldNotBeNull();
        var unanswered = (await gateway.WhileTimePassesAsync(gateway.CallAsync())).Failure.ShouldNotBeNull();

        unopened.Detail.ShouldBe("NCLUE cannot be reached: the proxy (Nclue:Proxy) opened no connection within 10 s.");
        unanswered.Detail.ShouldBe("NCLUE did not respond within 10 s.");
        unopened.Kind.ShouldBe(unanswered.Kind);
    }

    private static Task<GatewayHost> StartAsync(string proxy, string password = "") =>
        GatewayHost.StartAsync(new() { Frozen = true, UseHttps = true }, Settings(proxy, password));

    private static Dictionary<string, string?> Settings(string proxy, string password) => new()
    {
        ["Nclue:Proxy"] = proxy,
        ["Nclue:ProxyUser"] = password.Length > 0 ? "gateway" : "",
        ["Nclue:ProxyPassword"] = password,
    };

    private static async Task ShouldFailAsync(GatewayHost gateway, string words)
    {
        var page = await gateway.WhileTimePassesAsync(gateway.ReadAsync());

        page.Status.ShouldBe(HttpStatusCode.BadGateway);
        page.Problem.ShouldBe("/problems/upstream-error");
        ((string?)page.Json["detail"]).ShouldBe($"NCLUE cannot be reached: the proxy (Nclue:Proxy) {words}.");
        gateway.Nclue.Arrivals.ShouldBeEmpty();
    }

    private static void ShouldNotLogThePassword(GatewayHost gateway)
    {
        string[] forms = [Password, "another-canary", Convert.ToBase64String(Encoding.UTF8.GetBytes($"gateway:{Password}"))];
        var log = gateway.Logs.GetSnapshot().Select(entry => $"{entry.Message} {entry.Exception}").Append(gateway.Written.ToString());
        log.ShouldAllBe(line => !forms.Any(line.Contains));
    }
}
