using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Deploy;

/// <summary>
/// <c>deploy/nginx/nclue-gateway.conf</c> in a real nginx in front of a gateway. <c>RollingRestartTests</c> tests how it
/// replaces replicas.
/// </summary>
[Trait("Needs", "Processes")]
public sealed class ShippedNginxTests
{
    private static readonly string[] Expected =
    [
        "server_tokens off;", "limit_req zone=", "limit_conn nclue_gateway_connections ", "client_header_timeout 10s;",
    ];

    private static readonly string[] Relations = ["first", "prev", "next", "monitor"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_gateway_takes_nginx_takes_too_and_it_keeps_operators_paths_to_itself()
    {
        await using var gateway = await GatewayHost.StartAsync(settings: BehindNginx());
        await using var nginx = await Nginx.StartAsync([gateway.Address.Port, gateway.Address.Port, gateway.Address.Port]);
        using var http = nginx.CreateClient();

        foreach (var length in new[] { 1, 9_000, 17_000, 28_000, RequestLimits.AllHeaders })
        {
            (await StatusAsync(http, length)).ShouldBe(await StatusAsync(gateway.Client, length), $"{length} bytes");
        }

        using var response = await http.GetAsync(new Uri("/health", UriKind.Relative), Ct);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Headers.Server.ToString().ShouldBe("nginx");
    }

    /// <summary>
    /// The field <c>Link</c> repeats a query three times. Where nginx' buffer is too small for the headers, it responds with 502.
    /// </summary>
    [Theory]
    [InlineData(3_500)]
    [InlineData(4_000)] // the gateway refuses a query of more than 4,400 characters
    public async Task A_long_query_gets_its_page_with_all_links(int length)
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 3, Frozen = true }, BehindNginx());
        await using var nginx = await Nginx.StartAsync([gateway.Address.Port, gateway.Address.Port, gateway.Address.Port]);
        using var http = nginx.CreateClient();
        http.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        using var all = await GetAsync("/api/task-runs?sort=name");
        var list = JsonNode.Parse(await all.Content.ReadAsStringAsync(Ct))!;
        var query = string.Concat(list["runs"]!.AsArray().Select(run => $"&taskId={(string)run!["task"]!["id"]!}").Distinct());

        // The middle one of three pages has all relations.
        using var response = await GetAsync($"/api/task-runs?index=1&limit=1{query}&taskId={new string('x', length - query.Length)}");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var links = response.Headers.GetValues("Link").ShouldHaveSingleItem();
        links.Length.ShouldBeGreaterThan(3 * length);
        Relations.ShouldAllBe(relation => links.Contains($"; rel=\"{relation}\""));

        // The clock may have run ahead of the list, so that a query waits for a newer one.
        Task<HttpResponseMessage> GetAsync(string path) => gateway.LetDepartUntilAsync(http.GetAsync(new Uri(path, UriKind.Relative), Ct));
    }

    [Fact]
    public void It_limits_what_one_address_may_do()
    {
        var configuration = File.ReadAllText(DeployedFiles.PathOf("deploy/nginx/nclue-gateway.conf"));

        Expected.ShouldAllBe(directive => configuration.Contains(directive));
    }

    private static Dictionary<string, string?> BehindNginx() => new()
    {
        ["Http:PublicOrigin"] = "https://gateway.example.com",
        ["Http:KnownProxies:0"] = "127.0.0.1",
        ["Operations:Port"] = $"{Nginx.FreePort()}",
    };

    /// <summary>Returns the status of a request with a header of that length; 0 for a refusal that is not by the gateway.</summary>
    private static async Task<int> StatusAsync(HttpClient http, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/health/live", UriKind.Relative));
        request.Headers.Host = "gateway.example.com";
        request.Headers.Authorization = null;
        request.Headers.TryAddWithoutValidation("X-Long", new string('a', length));
        using var response = await http.SendAsync(request, Ct);
        return response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge
            ? 0
            : (int)response.StatusCode;
    }
}
