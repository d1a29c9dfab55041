using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Observability;

public sealed class HealthTests
{
    private static readonly Uri Details = new("/health", UriKind.Relative);
    private static readonly Uri Metrics = new("/metrics", UriKind.Relative);
    private static readonly Uri Ready = new("/health/ready", UriKind.Relative);
    private static readonly Uri Live = new("/health/live", UriKind.Relative);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_NCLUE_fails_the_gateway_is_degraded_and_shows_operators_why()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Nclue.Fault = new() { Status = 503 };
        (await gateway.LetDepartUntilAsync(gateway.ReadAsync())).Status.ShouldBe(HttpStatusCode.BadGateway);
        var arrivals = gateway.Nclue.Arrivals.Count;
        using var anonymous = gateway.CreateAnonymousClient();

        using var ready = await anonymous.GetAsync(Ready, Ct);
        var details = (await anonymous.GetFromJsonAsync<JsonObject>(Details, Ct))!;

        (ready.StatusCode, await ready.Content.ReadAsStringAsync(Ct)).ShouldBe((HttpStatusCode.OK, "Degraded"));
        details["status"]!.ToString().ShouldBe("Degraded");
        details["checks"]!["nclue"]!["status"]!.ToString().ShouldBe("Degraded");
        details["checks"]!["nclue"]!["description"]!.ToString().ShouldContain("503");
        details["checks"]!["gateway"]!["status"]!.ToString().ShouldBe("Healthy");
        details["checks"]!["provider"]!["status"]!.ToString().ShouldBe("Healthy");
        gateway.Nclue.Arrivals.Count.ShouldBe(arrivals);
    }

    [Fact]
    public async Task Without_the_keys_of_the_identity_provider_it_is_not_ready()
    {
        await using var host = await AccessHost.StartAsync(auth => auth.Authority = "http://127.0.0.1:9", hasProviderHealth: true);

        using var ready = await host.Client.GetAsync(Ready, Ct);
        using var live = await host.Client.GetAsync(Live, Ct);

        (ready.StatusCode, await ready.Content.ReadAsStringAsync(Ct)).ShouldBe((HttpStatusCode.ServiceUnavailable, "Unhealthy"));
        live.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_fetches_the_keys_before_they_are_needed_and_a_provider_that_is_away_later_does_not_matter()
    {
        await using var host = await AccessHost.StartAsync(hasProviderHealth: true);

        await ReplicaSettings.EventuallyAsync(() => host.Client.GetAsync(Ready, Ct), ready => ready.StatusCode == HttpStatusCode.OK);
        host.Issuer.Mood = IssuerMood.Fails;
        host.Time.Advance(TimeSpan.FromHours(2));
        using var ready = await host.Client.GetAsync(Ready, Ct);

        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("x-forwarded-host", "gateway.example.com")]
    [InlineData("X-Forwarded-Anything", "")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("X-Real-IP", "203.0.113.9")]
    [InlineData("X-Original-For", "203.0.113.9")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("CF-Connecting-IP", "203.0.113.9")]
    [InlineData("True-Client-IP", "203.0.113.9")]
    [InlineData("X-Envoy-External-Address", "203.0.113.9")]
    [InlineData("Host", "evil.example.com")] // a page whose host name leads here (DNS rebinding)
    [InlineData("Host", "127.0.0.1.example.com:8080")]
    [InlineData("Host", "nclue_gateway")] // the name of nginx's upstream
    [InlineData("Host", "192.0.2.1")]
    public async Task Whoever_comes_by_a_proxy_or_another_name_sees_no_details(string header, string value)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        anonymous.DefaultRequestHeaders.Add(header, value);

        foreach (var path in new[] { Details, Metrics })
        {
            using var details = await anonymous.GetAsync(path, Ct);
            await details.ShouldBeProblemAsync(HttpProblems.NotFound);
        }

        using var ready = await anonymous.GetAsync(Ready, Ct);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.1.2.3:80")]
    [InlineData("[::1]:8080")]
    public async Task A_program_on_the_same_machine_sees_them(string host)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var anonymous = gateway.CreateAnonymousClient();
        anonymous.DefaultRequestHeaders.Host = host;

        foreach (var path in new[] { Details, Metrics })
        {
            using var details = await anonymous.GetAsync(path, Ct);
            details.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("Http:PublicOrigin", "https://gateway.example.com", "gateway.example.com", HttpStatusCode.NotFound)]
    [InlineData("Http:PublicOrigin", "https://gateway.example.com", "127.0.0.1", HttpStatusCode.BadRequest)] // another host
    [InlineData("Http:PublicOrigin", "http://localhost:8080", "localhost:8080", HttpStatusCode.OK)]
    [InlineData("Http:KnownProxies:0", "10.0.0.1", "127.0.0.1", HttpStatusCode.NotFound)]
    [InlineData("Http:KnownNetworks:0", "10.0.0.0/8", "127.0.0.1", HttpStatusCode.NotFound)]
    public async Task Where_the_settings_name_a_public_host_or_a_proxy_details_need_a_port(
        string key, string value, string host, HttpStatusCode status)
    {
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?> { [key] = value });
        using var anonymous = gateway.CreateAnonymousClient();
        anonymous.DefaultRequestHeaders.Host = host;

        using var details = await anonymous.GetAsync(Details, Ct);

        details.StatusCode.ShouldBe(status);
    }

    [Theory]
    [Trait("Needs", "Processes")]
    [InlineData("")] // HTTP/1.0, and the gateway's own address as the Host
    [InlineData("proxy_set_header Host $host;")]
    [InlineData("proxy_http_version 1.1; proxy_set_header X-Real-IP $remote_addr;")]
    public async Task A_bare_nginx_on_the_same_machine_shows_no_details(string directives)
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var nginx = await Nginx.StartAsync($"location / {{ proxy_pass http://{gateway.Address.Authority}; {directives} }}");
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = nginx.Address };

        foreach (var path in new[] { Details, Metrics })
        {
            using var details = await http.GetAsync(path, Ct);
            await details.ShouldBeProblemAsync(HttpProblems.NotFound);
        }

        using var ready = await http.GetAsync(Ready, Ct);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_port_for_operators_does_not_serve_the_sign_in()
    {
        var port = FreePort();
        await using var gateway = await SessionHost.StartAsync(
            ("Operations:Port", $"{port}"), ("Auth:AllowedOrigins:0", "https://app.example.com"));
        using var operators =
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/task-runs")
        {
            Headers = { { "Origin", "https://app.example.com" }, { "Access-Control-Request-Method", "GET" } },
        };

        foreach (var path in new[]
        {
            "/session/callback", "/session/callback?code=c&state=s", "/session/callback/", "/session/login", "/session", "/", "/swagger/",
        })
        {
            using var response = await operators.GetAsync(new Uri(path, UriKind.Relative), Ct);
            await response.ShouldBeProblemAsync(HttpProblems.NotFound);
        }

        using var post = await operators.PostAsync(new Uri("/session/callback", UriKind.Relative), null, Ct);
        using var allowed = await operators.SendAsync(preflight, Ct);

        await post.ShouldBeProblemAsync(HttpProblems.NotFound);
        await allowed.ShouldBeProblemAsync(HttpProblems.NotFound);
        gateway.Issuer.SignIn.LastRequest.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_a_port_for_operators_details_are_there_and_only_there_and_nothing_else_is()
    {
        var port = FreePort();
        await using var gateway = await GatewayHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Operations:Port"] = $"{port}",
            ["Http:PublicOrigin"] = "https://gateway.example.com",
        });
        gateway.Client.DefaultRequestHeaders.Host = "gateway.example.com";
        using var operators = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        operators.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;

        foreach (var path in new[] { Details, Ready, Live })
        {
            using var there = await operators.GetAsync(path, Ct);
            there.StatusCode.ShouldBe(HttpStatusCode.OK, path.OriginalString);
        }

        foreach (var path in new[] { "/api/task-runs", "/problems", "/openapi/v1.json", "/swagger/index.html", "/nothing" })
        {
            using var there = await operators.GetAsync(new Uri(path, UriKind.Relative), Ct);
            await there.ShouldBeProblemAsync(HttpProblems.NotFound);
        }

        using var details = await gateway.Client.GetAsync(Details, Ct);
        using var ready = await gateway.Client.GetAsync(Ready, Ct);
        using var read = await gateway.Client.GetAsync(new Uri("/api/task-runs", UriKind.Relative), Ct);

        await details.ShouldBeProblemAsync(HttpProblems.NotFound);
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        read.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
