using System.Net;
using System.Text.RegularExpressions;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Deploy;

/// <summary>Streams of changes through a real nginx with <c>deploy/nginx/nclue-gateway.conf</c>.</summary>
[Trait("Needs", "Processes")]
public sealed class ShippedNginxStreamTests(TestBrowser browser)
{
    private const string Origin = "https://gateway.example.com";

    private static readonly string Configuration = File.ReadAllText(DeployedFiles.PathOf("deploy/nginx/nclue-gateway.conf"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_event_arrives_at_once_and_a_stream_ends_as_planned(string version)
    {
        await using var gateway = await StartAsync(("Changes:StreamFor", "00:01:00"));

        // The file itself must be enough, without the header by which the gateway turns buffering off.
        await using var nginx = await StartNginxAsync(
            gateway, ("proxy_buffering off;", "proxy_buffering off; proxy_ignore_headers X-Accel-Buffering;"));
        using var http = CreateClient(gateway, nginx, version);

        await using var reader = await EventReader.OpenAsync(http);
        await reader.NextAsync("bookmark");
        for (var n = 0; n < 5; n++)
        {
            await gateway.ChangeListAsync([ChangeHosts.Run($"b{n}"), ChangeHosts.Run("a")]);
            await reader.NextAsync("changes");
        }

        (await gateway.LetPassUntilAsync(reader.NextAsync("end"))).Data.ShouldBe("""{"reason":"time"}""");
        (await reader.NextAsync()).ShouldBeNull(); // a whole response, not one that was cut
    }

    [Fact]
    public async Task Streams_share_one_connection_with_other_requests()
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway);
        using var http = CreateClient(gateway, nginx, "2.0");
        var readers = new List<EventReader>();
        for (var n = 0; n < 8; n++)
        {
            readers.Add(await EventReader.OpenAsync(http));
            await readers[^1].NextAsync("bookmark");
        }

        (await StatusAsync(http)).ShouldBe(HttpStatusCode.OK);

        nginx.Connections.ShouldBe(1);
        await readers[0].DisposeAsync();
        await gateway.UntilOpenAsync(7); // nginx ends the request to the gateway too
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task Eight_tabs_of_a_browser_listen_and_read()
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway);
        await using var view = await browser.OpenAsync(new Uri(Origin).Host, nginx.Address);
        await view.Page.GotoAsync($"{Origin}/session/login?returnUrl=/health/live");

        for (var tab = 1; tab <= 8; tab++)
        {
            var page = await view.Page.Context.NewPageAsync();
            await page.OpenEmptyAsync(Origin);
            await page.ListenAsync("/api/task-runs/changes");
            await page.UntilEventAsync("bookmark");
            await gateway.UntilOpenAsync(tab);
        }

        (await view.Page.Context.Pages[^1].EvaluateAsync<int>(
            "fetch('/api/task-runs/changes', { headers: { 'X-CSRF': '1' } }).then(response => response.status)")).ShouldBe(200);
    }

    [Fact]
    public async Task Streams_have_a_limit_of_their_own()
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(
            gateway,
            ("limit_conn nclue_gateway_connections 500;", "limit_conn nclue_gateway_connections 2;"),
            ("limit_conn nclue_gateway_streams 4000;", "limit_conn nclue_gateway_streams 3;"));
        using var http = CreateClient(gateway, nginx, "2.0");
        await using var one = await EventReader.OpenAsync(http);
        await using var two = await EventReader.OpenAsync(http);
        await using var three = await EventReader.OpenAsync(http);

        await using var four = await EventReader.OpenAsync(http);
        var page = await StatusAsync(http);

        new[] { one, two, three, four }.Select(reader => (int)reader.Status).ShouldBe([200, 200, 200, 429]);
        page.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Its_limits_and_timeouts_fit_the_gateways()
    {
        var streams = Configuration.Split("location = /api/task-runs/changes {")[1].Split('}')[0];

        Number(streams, "limit_conn nclue_gateway_streams ([0-9]+);").ShouldBeGreaterThanOrEqualTo(new ChangesOptions().MaxStreams);
        Number(streams, "burst=([0-9]+) nodelay;").ShouldBeGreaterThanOrEqualTo(new ChangesOptions().MaxStreams);
        var timeout = Number(streams, "proxy_read_timeout ([0-9]+)s;");
        timeout.ShouldBeGreaterThanOrEqualTo(3 * OpenStreams.Heartbeat.TotalSeconds);
        timeout.ShouldBeGreaterThan(ChangesRequest.MaxWait);
    }

    private static double Number(string text, string pattern) => double.Parse(Regex.Match(text, pattern).Groups[1].Value);

    private static async Task<GatewayHost> StartAsync(params (string Name, string Value)[] settings)
    {
        var gateway = await SessionHost.StartAsync(
        [
            ("Http:PublicOrigin", Origin), ("Http:KnownProxies:0", "127.0.0.1"), ("Operations:Port", $"{Nginx.FreePort()}"), .. settings,
        ]);
        gateway.Nclue.Rows = [ChangeHosts.Run("a").Row];
        return await gateway.CompleteAsync();
    }

    private static Task<Nginx> StartNginxAsync(GatewayHost gateway, params (string Text, string InPlace)[] changes) =>
        Nginx.StartAsync(Enumerable.Repeat(gateway.Address.Port, 3), changes);

    private static HttpClient CreateClient(GatewayHost gateway, Nginx nginx, string version)
    {
        var http = nginx.CreateClient();
        http.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;
        http.DefaultRequestVersion = Version.Parse(version);
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return http;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http)
    {
        using var response = await http.GetAsync(new Uri("/api/task-runs?limit=1&sort=name", UriKind.Relative), Ct);
        return response.StatusCode;
    }
}
