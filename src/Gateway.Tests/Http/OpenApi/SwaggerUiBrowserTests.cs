using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NclueGateway.Tests.Access;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Http.OpenApi;

/// <summary>Swagger UI in a real browser, which holds it to its content security policy.</summary>
public sealed class SwaggerUiBrowserTests(TestBrowser browser)
{
    [Fact]
    public async Task A_token_typed_in_reads_runs_within_the_policy_and_is_gone_after_a_reload()
    {
        await using var gateway = await GatewayHost.StartAsync(realTime: true);
        await using var view = await browser.OpenAsync();
        var page = view.Page;
        var token = gateway.Client.DefaultRequestHeaders.Authorization!.Parameter!;

        await page.GotoAsync(new Uri(gateway.Address, "/swagger").AbsoluteUri);
        await page.Locator(".btn.authorize").First.ClickAsync();
        await page.Locator(".dialog-ux input").FillAsync(token);
        await page.Locator(".dialog-ux .btn.authorize").ClickAsync();
        await page.Locator(".dialog-ux .btn-done").ClickAsync();
        await page.Locator("#operations-Task_runs-listTaskRuns .opblock-summary-control").ClickAsync();
        await page.Locator(".try-out__btn").ClickAsync();
        var read = await page.RunAndWaitForResponseAsync(
            () => page.Locator(".btn.execute").ClickAsync(), response => response.Url.Contains("/api/task-runs", StringComparison.Ordinal));
        await page.Locator(".live-responses-table .response-col_status", new() { HasText = "200" }).WaitForAsync();

        read.Status.ShouldBe(200);
        (await read.TextAsync()).ShouldContain("\"runs\":[{\"id\":");
        (await read.Request.AllHeadersAsync()).ShouldContainKeyAndValue("x-csrf", "1");
        (await page.Locator(".live-responses-table .highlight-code").TextContentAsync()).ShouldNotBeNull().ShouldContain("run-");

        // What is only drawn when opened has to keep to the policy as well.
        var closed = page.Locator("button[aria-expanded='false']");
        for (var i = 0; i < 10 && await closed.CountAsync() > 0; i++)
        {
            await closed.First.ClickAsync();
        }

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

        (await link.GetAttributeAsync("href")).ShouldBe(new Uri(host.Client.BaseAddress!, "/session/login?returnUrl=%2Fswagger%2Findex.html").AbsoluteUri);
        (await view.Page.GetByText("Sign out").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_is_signed_in_sees_it_and_can_sign_out()
    {
        var signedOut = new List<string>();
        await using var host = await StartWithSignInAsync(isSignedIn: true, signedOut);
        await using var view = await browser.OpenAsync();

        await view.Page.GotoAsync(new Uri(host.Client.BaseAddress!, "/swagger/index.html").AbsoluteUri);
        await view.Page.GetByText("Signed in as <b>김하늘</b>").WaitForAsync(); // as text, not as HTML
        await view.Page.GetByText("Sign out").ClickAsync();
        await view.Page.GetByText("Sign in with the company account").WaitForAsync();

        signedOut.ShouldBe(["1"]);
        view.Complaints.ShouldAllBe(complaint => complaint.Contains("401"));
    }

    /// <param name="isSignedIn">Whether the browser has a session to begin with.</param>
    /// <param name="signedOut">Gets the header X-CSRF of each request to sign out.</param>
    private static Task<AccessHost> StartWithSignInAsync(bool isSignedIn, List<string> signedOut) => AccessHost.StartAsync(
        hasSignIn: true,
        map: app =>
        {
            app.MapGet("/session", (HttpContext context) => context.Request.Headers["X-CSRF"] != "1" ? Results.StatusCode(403)
                : isSignedIn ? Results.Json(new { name = "<b>김하늘</b>" })
                : Results.Json(new { status = 401, login = "/session/login" }, statusCode: 401)).WithMetadata(new AllowAnonymousAttribute());
            app.MapPost("/session/logout", (HttpContext context) =>
            {
                signedOut.Add(context.Request.Headers["X-CSRF"].ToString());
                isSignedIn = false;
            }).WithMetadata(new AllowAnonymousAttribute());
        });
}
