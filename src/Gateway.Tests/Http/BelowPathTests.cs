using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Http;

/// <summary>
/// A gateway below a path of its host, behind a real nginx that removes the path and one that forwards it. Every link in a response must
/// lead to the gateway; outside the path nginx responds with 418.
/// </summary>
public sealed class BelowPathTests(TestBrowser browser)
{
    private const string TakenOff = "/";
    private const string PassedOn = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TakenOff)]
    [InlineData(PassedOn)]
    public async Task Links_and_types_of_problems_lead_back_to_the_gateway(string upstreamPath)
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway, upstreamPath);
        using var http =
            new HttpClient(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = nginx.Address };
        http.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;

        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        foreach (var (name, link) in (await JsonAsync(http, "/nclue/"))["links"]!.AsObject())
        {
            ((string)link!).ShouldStartWith("/nclue/");
            if (name == "taskRun")
            {
                continue; // a template
            }

            using var there = await http.GetAsync(new Uri((string)link!, UriKind.Relative), Ct);
            there.StatusCode.ShouldBeOneOf([HttpStatusCode.OK, HttpStatusCode.MovedPermanently, HttpStatusCode.Redirect], name);
        }

        (await FollowAsync("/nclue/api/task-runs?index=0&limit=20")).ShouldBe("/nclue/api/task-runs?index=20&limit=20");
        (await FollowAsync("/nclue/api/task-runs?q=0&limit=1")).ShouldStartWith("/nclue/api/task-runs?q=0&sort=-createdAt&limit=1&cursor=");

        foreach (var wrong in new[] { "/nclue/api/task-runs?limit=0", "/nclue/nothing", "/nclue/api/task-runs/nothing" })
        {
            using var refused = await http.GetAsync(new Uri(wrong, UriKind.Relative), Ct);
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Ct))!;
            using var explanation = await http.GetAsync(new Uri((string)problem["type"]!, UriKind.Relative), Ct);
            explanation.StatusCode.ShouldBe(HttpStatusCode.OK, wrong);
            PlainHtml.Links(await PlainHtml.ReadAsync(explanation)).ShouldContain("/nclue/problems");
        }

        async Task<string> FollowAsync(string path)
        {
            using var page = await http.GetAsync(new Uri(path, UriKind.Relative), Ct);
            var next = page.Headers.GetValues("Link")
                .Single()
                .Split(", ")
                .Single(link => link.EndsWith("rel=\"next\"", StringComparison.Ordinal))
                .Split('<', '>')[1];
            using var nextPage = await http.GetAsync(new Uri(next, UriKind.Relative), Ct);
            nextPage.StatusCode.ShouldBe(HttpStatusCode.OK);
            return next;
        }
    }

    [Theory]
    [InlineData(TakenOff)]
    [InlineData(PassedOn)]
    public async Task Swagger_UI_and_generated_clients_find_the_operations(string upstreamPath)
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway, upstreamPath);
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = nginx.Address };

        using var ui = await http.GetAsync(new Uri("/nclue/swagger", UriKind.Relative), Ct);
        ui.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/nclue/swagger/index.html");
        (await ui.Content.ReadAsStringAsync(Ct)).ShouldNotContain("=\"/"); // links are relative, to scripts and styles too
        var document = await JsonAsync(http, "/nclue/openapi/v1.json");
        var server =
            new Uri(new Uri(nginx.Address, "/nclue/openapi/v1.json"), (string)document["servers"]![0]!["url"]!).AbsoluteUri
            .TrimEnd('/');
        foreach (var (path, _) in document["paths"]!.AsObject())
        {
            using var there = await http.GetAsync(new Uri(server + path), Ct);
            there.StatusCode.ShouldNotBe((HttpStatusCode)418, path);
        }

        ((string)document["info"]!["description"]!).ShouldContain("](/nclue/problems)");
    }

    [Fact]
    [Trait("Needs", "Processes")]
    public async Task Execute_in_Swagger_UI_asks_below_the_path_and_its_sign_in_leads_back()
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway, TakenOff);
        await using var view = await browser.OpenAsync();
        var page = view.Page;

        await page.GotoAsync(new Uri(nginx.Address, "/nclue/swagger").AbsoluteUri);
        await page.Locator("#operations-Task_runs-listTaskRuns .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        var read = await page.RunAndWaitForResponseAsync(
            () => page.Locator(".btn.execute").ClickAsync(), response => response.Url.Contains("/api/task-runs", StringComparison.Ordinal));

        new Uri(read.Url).AbsolutePath.ShouldBe("/nclue/api/task-runs");
        read.Status.ShouldBe((int)HttpStatusCode.Unauthorized);
        (await page.GetByText("Sign in with the company account").GetAttributeAsync("href")).ShouldNotBeNull()
            .ShouldStartWith(new Uri(nginx.Address, "/nclue/session/login?returnUrl=%2Fnclue%2Fswagger%2Findex.html").AbsoluteUri);
        view.Requests.ShouldAllBe(request => new Uri(request.Url).AbsolutePath.StartsWith("/nclue/") || request.Url.StartsWith("data:"));
    }

    [Theory]
    [InlineData(TakenOff)]
    [InlineData(PassedOn)]
    public async Task A_sign_in_comes_back_below_the_path(string upstreamPath)
    {
        await using var gateway = await StartAsync();
        await using var nginx = await StartNginxAsync(gateway, upstreamPath);
        using var visitor = new CookieClient(nginx.Address);
        using var before = await visitor.GetAsync("/nclue/session");
        ((string)JsonNode.Parse(await before.Content.ReadAsStringAsync(Ct))!["login"]!).ShouldBe("/nclue/session/login");

        using var signedIn = await visitor.FollowAsync("/nclue/session/login", until: location => location.OriginalString == "/nclue/");

        signedIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        gateway.Issuer.SignIn.LastRequest["redirect_uri"].ShouldBe(new Uri(nginx.Address, "/nclue/session/callback").AbsoluteUri);
        visitor.SetCookies.ShouldAllBe(
            cookie => cookie.StartsWith("__Host-") && cookie.Contains("; path=/;", StringComparison.OrdinalIgnoreCase));
        using var session = await visitor.GetAsync("/nclue/session");
        session.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var signedOut = await visitor.SendAsync(HttpMethod.Post, "/nclue/session/logout");
        signedOut.StatusCode.ShouldBe(HttpStatusCode.OK);
        visitor.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData("/NCLUE/health/live")]
    [InlineData("/nclue/health/live")]
    [InlineData("/health/live")] // a probe does not come through a proxy
    [InlineData("/nclue")]
    public async Task With_or_without_the_path_the_gateway_is_asked(string path)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.Client.GetAsync(new Uri(path, UriKind.Relative), Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_only_begins_like_the_path_is_not_below_it()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.Client.GetAsync(new Uri("/nclue-other/health/live", UriKind.Relative), Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task<GatewayHost> StartAsync() => SessionHost.StartAsync(("Http:PathBase", "/nclue"));

    private static Task<Nginx> StartNginxAsync(GatewayHost gateway, string upstreamPath) => Nginx.StartAsync($$"""
        location /nclue/ {
            proxy_pass http://{{gateway.Address.Authority}}{{upstreamPath}};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
        }
        location = /nclue { return 301 /nclue/; }
        location / { return 418; }
        """);

    private static async Task<JsonNode> JsonAsync(HttpClient http, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await http.SendAsync(request, Ct);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(Ct))!;
    }
}
