using Microsoft.Playwright;
using NclueGateway.Sandbox;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Sandbox;

/// <summary>The sign-in as a user sees it: a real browser, a frontend of another origin, the provider's page, and the gateway.</summary>
[Trait("Needs", "Processes")]
public sealed class BrowserSignInTests(TestBrowser browser)
{
    private static readonly SandboxOptions AnyPorts =
        new() { GatewayPort = 0, NcluePort = 0, IdentityPort = 0, FrontendPort = 0, Moving = false };

    [Fact]
    public async Task A_person_signs_in_sees_runs_and_signs_out()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();
        var page = view.Page;

        await SignInAsync(page, sandbox, "Reader");

        page.Url.ShouldBe(sandbox.FrontendAddress.AbsoluteUri + "?view=all#top"); // the page before the sign-in
        await page.Locator("#runs tr").First.WaitForAsync();
        (await page.Locator("#runs tr").CountAsync()).ShouldBe(20);
        (await page.Locator("#state").TextContentAsync()).ShouldNotBeNull().ShouldStartWith("As of ");
        (await page.Locator("#state").GetAttributeAsync("data-age")).ShouldNotBeNull().ShouldMatch("^[0-9]+$"); // read across origins
        await page.Locator("#more").ClickAsync(); // follows Link
        await page.Locator("#runs tr").First.WaitForAsync();

        var cookie = (await page.Context.CookiesAsync())
            .Where(cookie => cookie.Name.StartsWith("__Host-", StringComparison.Ordinal)).ShouldHaveSingleItem();
        cookie.Name.ShouldBe("__Host-nclue-session");
        (cookie.HttpOnly, cookie.Secure, cookie.SameSite, cookie.Path, cookie.Expires)
            .ShouldBe((true, true, SameSiteAttribute.Lax, "/", -1));
        (await view.StoredAsync()).ShouldBe("[{},{},\"\"]");

        (await StatusAsync(page, sandbox.GatewayAddress, csrf: true)).ShouldBe("200");
        (await StatusAsync(page, sandbox.GatewayAddress, csrf: false)).ShouldBe("403");

        await page.Locator("#sign-out").ClickAsync();
        await page.GetByText("Not signed in.").WaitForAsync();
        (await StatusAsync(page, sandbox.GatewayAddress, csrf: true)).ShouldBe("401");
    }

    [Fact]
    public async Task The_list_moves_by_itself_and_the_page_shows_it_without_a_reload()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts with { Moving = true }, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();
        await SignInAsync(view.Page, sandbox, "Reader");
        await view.Page.Locator("#runs tr").First.WaitForAsync();
        var (shown, reads) = (await view.Page.Locator("#runs").TextContentAsync(), Reads());

        await view.Page.WaitForFunctionAsync("shown => document.querySelector('#runs').textContent !== shown", shown);

        Reads().ShouldBe(reads);

        int Reads() => view.Requests.Count(request => request.Url.Contains("/api/task-runs?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_without_permission_gets_an_explanation()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();

        await SignInAsync(view.Page, sandbox, "Outsider");

        await view.Page.GetByText("The caller does not have permission").WaitForAsync();
        (await view.Page.Locator("#runs tr").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task When_the_provider_ends_all_sessions_of_a_person_the_frontend_says_so()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();
        await SignInAsync(view.Page, sandbox, "Reader");
        await view.Page.Locator("#runs tr").First.WaitForAsync();

        var provider = await view.Page.Context.NewPageAsync();
        await provider.GotoAsync(sandbox.Identity.Authority.AbsoluteUri);
        await provider.GetByText("Reader").ClickAsync();
        await provider.GetByText("Done").WaitForAsync();

        (await StatusAsync(view.Page, sandbox.GatewayAddress, csrf: true)).ShouldBe("401");
        await view.Page.GetByText("Not signed in.").WaitForAsync(); // without a click: the stream ends with the session
    }

    [Fact]
    public async Task A_page_of_another_origin_gets_nothing_with_the_same_cookie()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();
        await SignInAsync(view.Page, sandbox, "Reader");

        // It is of the same site, so the browser sends the cookie, but its origin is not allowed.
        var other = await view.Page.Context.NewPageAsync();
        await other.GotoAsync(sandbox.Identity.Authority.AbsoluteUri);
        (await StatusAsync(other, sandbox.GatewayAddress, csrf: true)).ShouldBe("blocked");
        (await StatusAsync(other, sandbox.GatewayAddress, csrf: false)).ShouldBe("blocked");
        var post = await other.EvaluateAsync<string>(
            """
            gateway => fetch(gateway + 'session/logout', { method: 'POST', credentials: 'include', mode: 'no-cors' })
              .then(() => 'sent', error => error.name)
            """,
            sandbox.GatewayAddress.AbsoluteUri);
        post.ShouldBe("TypeError"); // it was sent, without the header, and the browser hides its response from the page

        (await StatusAsync(view.Page, sandbox.GatewayAddress, csrf: true)).ShouldBe("200");
    }

    [Fact]
    public async Task Swagger_UI_reads_runs_for_a_signed_in_user()
    {
        await using var sandbox = await SandboxHost.StartAsync(AnyPorts, TestContext.Current.CancellationToken);
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        await page.GotoAsync(new Uri(sandbox.GatewayAddress, "/swagger/index.html").AbsoluteUri);

        await page.GetByText("Sign in with the company account").ClickAsync();
        await page.GetByText("Reader").ClickAsync();
        await page.GetByText("Signed in as Reader (읽기 가능)").WaitForAsync();
        await page.Locator("#operations-Task_runs-listTaskRuns .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        var read = await page.RunAndWaitForResponseAsync(
            () => page.Locator(".btn.execute").ClickAsync(), response => response.Url.Contains("/api/task-runs", StringComparison.Ordinal));
        await page.Locator(".live-responses-table .response-col_status", new() { HasText = "200" }).WaitForAsync();

        (await read.TextAsync()).ShouldContain("\"runs\":[{\"id\":");
        (await read.Request.AllHeadersAsync()).ShouldNotContainKey("authorization");
        await page.ReloadAsync();
        await page.GetByText("Signed in as").WaitForAsync();
        (await view.StoredAsync()).ShouldBe("[{},{},\"\"]");
        view.Complaints.ShouldAllBe(complaint => complaint.Contains("401")); // before the sign-in
        view.Origins.ShouldBe(
            [Origin(sandbox.GatewayAddress), Origin(sandbox.Identity.Authority)], ignoreOrder: true);
    }

    private static async Task SignInAsync(IPage page, SandboxHost sandbox, string user)
    {
        await page.GotoAsync(sandbox.FrontendAddress.AbsoluteUri + "?view=all#top");
        await page.Locator("#sign-in").ClickAsync();
        await page.GetByText(user).ClickAsync();
        await page.Locator("#sign-out").WaitForAsync(); // only the frontend has it
    }

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>Returns the status that a script of the page sees, or "blocked".</summary>
    private static async Task<string> StatusAsync(IPage page, Uri gateway, bool csrf) => await page.EvaluateAsync<string>(
        """
        async ([gateway, csrf]) => {
          try {
            const response = await fetch(gateway + 'api/task-runs', { credentials: 'include', headers: csrf ? { 'X-CSRF': '1' } : {} });
            return String(response.status);
          } catch {
            return 'blocked';
          }
        }
        """,
        new object[] { gateway.AbsoluteUri, csrf });
}
