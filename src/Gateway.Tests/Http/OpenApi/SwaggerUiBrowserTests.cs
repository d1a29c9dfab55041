using System.Text.Json.Nodes;
using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using NclueGateway.Http;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>Swagger UI in a real browser, which enforces its content security policy.</summary>
[Trait("Needs", "Processes")]
public sealed class SwaggerUiBrowserTests(TestBrowser browser)
{
    private const string Get = "#operations-Task_runs-listTaskRuns";

    [Fact]
    public async Task A_token_typed_in_reads_runs_within_the_policy_and_is_gone_after_a_reload()
    {
        await using var gateway = await GatewayHost.StartAsync(realTime: true);
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        var token = gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!;

        await page.GotoAsync(new Uri(gateway.Address, "/swagger").AbsoluteUri);
        await page.Locator(".btn.authorize").First.ClickAsync();
        await page.Locator(".dialog-ux input:visible").FillAsync(token);
        await page.Locator(".dialog-ux .btn.authorize:visible").ClickAsync();
        await page.Locator(".dialog-ux .btn-done:visible").ClickAsync();
        await page.Locator("#operations-Task_runs-listTaskRuns .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        var read = await page.RunAndWaitForResponseAsync(
            () => page.Locator(".btn.execute").ClickAsync(), response => response.Url.Contains("/api/task-runs", StringComparison.Ordinal));

        read.Status.ShouldBe(200);
        new Uri(read.Url).Query.ShouldBe("?index=0&limit=20"); // as it opens, it asks for a page of NCLUE's own list: no query
        await page.Locator(".live-responses-table .response-col_status", new() { HasText = "200" }).WaitForAsync();
        (await read.TextAsync()).ShouldContain("\"runs\":[{\"id\":");
        (await read.Request.AllHeadersAsync()).ShouldContainKeyAndValue("x-csrf", "1");
        (await page.Locator(".live-responses-table .highlight-code").TextContentAsync()).ShouldNotBeNull().ShouldContain("run-");
        (await page.Locator(".live-responses-table").TextContentAsync()).ShouldNotBeNull().ShouldMatch("Request duration[0-9]+ ms");

        // Parts that are rendered only when opened must comply with the policy too. All are opened at once, since each change renders
        // all that is open again.
        var closed = page.Locator(".opblock-summary-control[aria-expanded='false']");
        (await closed.CountAsync()).ShouldBeGreaterThan(5);
        await closed.EvaluateAllAsync<object?>("buttons => buttons.forEach(button => button.click())");
        await Assertions.Expect(closed).ToHaveCountAsync(0);

        await page.ReloadAsync();
        await page.Locator(".opblock-summary-control").First.WaitForAsync();

        (await view.StoredAsync()).ShouldBe("[{},{},\"\"]");
        (await page.Locator(".btn.authorize.unlocked").CountAsync()).ShouldBe(1);
        (await page.ContentAsync()).ShouldNotContain(token);
        view.Complaints.ShouldBeEmpty();
        view.Origins.ShouldBe([gateway.Address.GetLeftPart(UriPartial.Authority)]);
        view.Requests.ShouldAllBe(request => !request.Url.Contains("/session"));
        (await page.Locator("#session").IsVisibleAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Where_browser_sign_in_is_on_the_page_leads_to_it_and_back()
    {
        await using var host = await StartWithSignInAsync(isSignedIn: false, signedOut: []);
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(new Uri(host.Client.BaseAddress!, "/swagger/index.html").AbsoluteUri);
        var link = view.Page.GetByText("Sign in with the company account");
        await link.WaitForAsync();

        (await link.GetAttributeAsync("href")).ShouldBe(
            new Uri(host.Client.BaseAddress!, "/session/login?returnUrl=%2Fswagger%2Findex.html").AbsoluteUri);
        (await view.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_is_signed_in_sees_it_and_can_sign_out()
    {
        var signedOut = new List<string>();
        await using var host = await StartWithSignInAsync(isSignedIn: true, signedOut);
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(new Uri(host.Client.BaseAddress!, "/swagger/index.html").AbsoluteUri);
        await view.Page.GetByText("Signed in as <b>김하늘</b>").WaitForAsync(); // as text, not as HTML
        await view.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await view.Page.GetByText("Sign in with the company account").WaitForAsync();

        signedOut.ShouldBe(["1"]);
        view.Complaints.ShouldAllBe(complaint => complaint.Contains("401"));
    }

    [Fact]
    public async Task When_sessions_cannot_be_looked_up_the_page_says_so_and_still_works()
    {
        await using var host = await AccessHost.StartAsync(hasSignIn: true, map: app => app.MapGet(
            "/session", () => new ProblemResult(AccessProblems.SessionStoreUnavailable)).WithMetadata(new AllowAnonymousAttribute()));
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(PageOf(host));
        await view.Page.Locator("#session").GetByText(AccessProblems.SessionStoreUnavailable.Title).WaitForAsync();

        (await view.Page.Locator("#session a, #session button").CountAsync()).ShouldBe(0); // signing in again would fail too
        await view.Page.Locator(Get).WaitForAsync();
    }

    [Fact]
    public async Task What_can_be_filled_in_is_filled_in()
    {
        await using var host = await AccessHost.StartAsync();
        await using var view = await browser.OpenAsync();
        await ChangeDocumentAsync(view.Page, document => Operation(document)["parameters"]!.AsArray().Add(
            JsonNode.Parse("""{"name":"more","in":"query","schema":{"type":"string"},"example":"an example"}""")));

        await view.Page.GotoAsync(PageOf(host));
        await view.Page.Locator(Get + " .opblock-summary-control").ClickAsync();
        await view.Page.Locator(".try-out__btn").ClickAsync();

        (await ValueAsync("index")).ShouldBe("0");
        (await ValueAsync("limit")).ShouldBe("20");
        (await ValueAsync("more")).ShouldBe("an example");

        Task<string> ValueAsync(string parameter) => view.Page.Locator($"tr[data-param-name='{parameter}'] input").InputValueAsync();
    }

    [Fact]
    public async Task The_filters_of_a_query_can_be_filled_in_and_tried()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 50, Frozen = true });
        gateway.AskForSnapshot();
        await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        await using var view = await browser.OpenAsync();
        var page = view.Page;

        await page.GotoAsync(new Uri(gateway.Address, "/swagger/index.html").AbsoluteUri);
        await page.Locator(".auth-wrapper .btn.authorize").ClickAsync();
        await page.Locator(".dialog-ux input:visible").FillAsync(gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!);
        await page.Locator(".dialog-ux .btn.authorize:visible").ClickAsync();
        await page.Locator(".dialog-ux .btn-done:visible").ClickAsync();
        await page.Locator(Get + " .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        await page.Locator("tr[data-param-name='status'] select").SelectOptionAsync(["completed", "failed"]);
        await page.Locator("tr[data-param-name='q'] input").FillAsync("churn run-0000");
        await page.Locator("tr[data-param-name='createdAfter'] input").FillAsync("2020-01-01T00:00:00+09:00");
        await page.Locator("tr[data-param-name='sort'] select").SelectOptionAsync("name");
        var read = await page.RunAndWaitForResponseAsync(
            () => page.Locator(".btn.execute").ClickAsync(), response => response.Url.Contains("/api/task-runs", StringComparison.Ordinal));
        await page.Locator(".live-responses-table .response-col_status", new() { HasText = "200" }).WaitForAsync();

        // An array is one parameter for each value, and what is not filled in is not sent.
        new Uri(read.Url).Query.ShouldBe(
            "?index=0&limit=20&status=completed&status=failed&createdAfter=2020-01-01T00%3A00%3A00%2B09%3A00&q=churn%20run-0000&sort=name");
        var runs = JsonNode.Parse(await read.TextAsync())!["runs"]!.AsArray();
        var names = runs.Select(run => (string)run!["name"]!).ToList();
        names.ShouldNotBeEmpty();
        names.ShouldAllBe(name => name.StartsWith("run-0000", StringComparison.Ordinal) && name.Contains("Churn"));
        names.ShouldBe(names.Order(StringComparer.Ordinal));
        runs.Select(run => (string)run!["status"]!).Distinct().ShouldBe(["completed", "failed"], ignoreOrder: true);
        (await page.Locator(".live-responses-table .highlight-code").TextContentAsync()).ShouldNotBeNull().ShouldContain(names[0]);
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_link_leads_to_an_operation_and_the_address_follows_what_is_opened()
    {
        await using var host = await AccessHost.StartAsync();
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(PageOf(host) + "#/Task%20runs/listTaskRuns");
        await view.Page.Locator(Get + ".is-open").WaitForAsync();
        await view.Page.Locator("#operations-Session-getSession .opblock-summary-control").ClickAsync();
        await view.Page.Locator("#operations-Session-getSession.is-open").WaitForAsync();

        view.Page.Url.ShouldEndWith("#/Session/getSession");
    }

    [Fact]
    public async Task Nothing_in_the_query_changes_what_is_shown_or_who_is_asked()
    {
        const string Query = "url=https://evil.example/openapi.json&configUrl=https://evil.example/config.json"
            + "&supportedSubmitMethods=post&layout=StandaloneLayout&dom_id=%23session";
        await using var host = await AccessHost.StartAsync();
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(PageOf(host) + "?" + Query);
        await view.Page.Locator(Get).WaitForAsync();

        (await view.Page.Locator("#swagger-ui h1.title").TextContentAsync()).ShouldNotBeNull().ShouldStartWith("NclueGateway");
        view.Requests.Select(request => new Uri(request.Url).AbsolutePath)
            .Where(path => path.EndsWith(".json", StringComparison.Ordinal))
            .ShouldBe(["/openapi/v1.json"]);
        view.Origins.ShouldBe([host.Client.BaseAddress!.GetLeftPart(UriPartial.Authority)]);
        view.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_cookie_of_a_session_is_nothing_to_type_in()
    {
        await using var host = await AccessHost.StartAsync();
        await using var view = await browser.OpenAsync();
        await view.Page.GotoAsync(PageOf(host) + "#/Task%20runs/listTaskRuns");

        foreach (var button in new[] { ".auth-wrapper .btn.authorize", Get + " .authorization__btn" })
        {
            await view.Page.Locator(button).ClickAsync();

            await view.Page.Locator(".dialog-ux").GetByText("A browser that has signed in at").WaitForAsync();
            (await view.Page.Locator(".dialog-ux input:visible").CountAsync()).ShouldBe(1); // for the token
            (await view.Page.Locator(".dialog-ux .btn.authorize:visible").CountAsync()).ShouldBe(1);
            await view.Page.Locator(".dialog-ux .close-modal").ClickAsync();
        }
    }

    [Fact]
    public async Task Everybody_can_use_it_who_cannot_see_it_well_or_has_no_mouse()
    {
        await using var gateway = await GatewayHost.StartAsync(realTime: true);
        await using var view = await browser.OpenAsync();
        var page = view.Page;

        await page.GotoAsync(new Uri(gateway.Address, "/swagger/index.html").AbsoluteUri);
        await page.Locator(Get).WaitForAsync();
        await ShouldBeAccessibleAsync(page, "swagger-ui.png");

        await page.Locator(".auth-wrapper .btn.authorize").ClickAsync();
        await page.Locator(".dialog-ux .auth-container").First.WaitForAsync();
        await ShouldBeAccessibleAsync(page, "swagger-ui-authorize.png", isDialog: true);

        await page.Locator(".dialog-ux input:visible").FillAsync(gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!);
        await page.Locator(".dialog-ux .btn.authorize:visible").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Logout", Exact = true }).WaitForAsync();
        await ShouldBeAccessibleAsync(page, "swagger-ui-authorized.png", isDialog: true);

        await page.Locator(".dialog-ux .btn-done:visible").ClickAsync();
        await page.Locator(Get + " .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        await page.Locator(".btn.execute").ClickAsync();
        await page.Locator(".live-responses-table .response-col_status", new() { HasText = "200" }).WaitForAsync();
        await ShouldBeAccessibleAsync(page, "swagger-ui-operation.png");
    }

    private static string PageOf(AccessHost host) => new Uri(host.Client.BaseAddress!, "/swagger/index.html").AbsoluteUri;

    /// <summary>Saves a screenshot, and fails on violations that axe rates serious or critical.</summary>
    private static async Task ShouldBeAccessibleAsync(IPage page, string picture, bool isDialog = false)
    {
        await page.ScreenshotAsync(new() { Path = TestArtifacts.PathOf(picture), FullPage = !isDialog });
        var result = await page.RunAxe();

        result.Passes.ShouldNotBeEmpty();
        result.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html}"))
            .ShouldBeEmpty(picture);
    }

    private static JsonNode Operation(JsonNode document) => document["paths"]![AccessHost.Protected]!["get"]!;

    /// <summary>Serves another document to the page, like a later version or another gateway.</summary>
    private static async Task ChangeDocumentAsync(IPage page, Action<JsonNode> change) =>
        await page.RouteAsync("**/openapi/v1.json", async route =>
    {
        var document = JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
        change(document);
        await route.FulfillAsync(new() { ContentType = "application/json", Body = document.ToJsonString() });
    });

    /// <param name="isSignedIn">True if the browser has a session at the start.</param>
    /// <param name="signedOut">Receives the header X-CSRF of each sign-out request.</param>
    private static Task<AccessHost> StartWithSignInAsync(bool isSignedIn, List<string> signedOut) => AccessHost.StartAsync(
        hasSignIn: true,
        map: app =>
        {
            app.MapGet("/session", (HttpContext context) => context.Request.Headers["X-CSRF"] != "1" ? Results.StatusCode(403)
                : isSignedIn ? Results.Json(new { name = "<b>김하늘</b>" })
                : Results.Json(new { status = 401, login = "/session/login" }, statusCode: 401))
                .WithMetadata(new AllowAnonymousAttribute());
            app.MapPost("/session/logout", (HttpContext context) =>
            {
                signedOut.Add(context.Request.Headers["X-CSRF"].ToString());
                isSignedIn = false;
            }).WithMetadata(new AllowAnonymousAttribute());
        });
}
