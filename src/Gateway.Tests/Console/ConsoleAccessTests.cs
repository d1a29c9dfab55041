using System.Net;
using NclueGateway.Observability.Audit;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using static NclueGateway.Tests.Console.ConsoleHosts;

namespace NclueGateway.Tests.Console;

/// <summary>Access to the console: every refusal is a page for a person.</summary>
public sealed class ConsoleAccessTests(ConsoleSite site) : IClassFixture<ConsoleSite>
{
    /// <summary>The content security policy, to the letter.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/console")]
    [InlineData("/console?q=a%26b%20c&status=failed&from=2026-11-01")]
    [InlineData("/console/runs/a%2Fb")]
    [InlineData("/console/runs/a%252Fb")]
    [InlineData("/console/runs/100%25ab")]
    [InlineData("/console/runs/%EC%8B%A4%ED%96%89")]
    [InlineData("/console/gateway")]
    public async Task A_visitor_without_a_session_gets_one_button_that_leads_back_to_the_same_address(string address)
    {
        using var browser = new CookieClient(site.Gateway.Address);

        var page = await browser.OpenAsync(address);

        page.Status.ShouldBe(HttpStatusCode.Unauthorized);
        page.Text("h1").ShouldBe("Sign in to see the task runs");
        page.Headers["Content-Security-Policy"].ShouldBe(Policy);
        var button = PlainHtml.Links(page.Document).ShouldHaveSingleItem();
        button.ShouldBe("/session/login?returnUrl=" + Uri.EscapeDataString(address));
        page.All("main form, main button, script").ShouldBeEmpty();
        using var back = await browser.FollowAsync(button, until: location => location.OriginalString == address);
        back.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        browser.Session.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_session_that_has_ended_is_the_same_page_also_in_Korean()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        gateway.Clock.Advance(TimeSpan.FromHours(2));

        var page = await browser.OpenAsync("/console/gateway", ("Accept-Language", "ko"));

        page.Status.ShouldBe(HttpStatusCode.Unauthorized);
        page.Text("main a").ShouldBe("로그인");
    }

    [Fact]
    public async Task Without_browser_sign_in_the_page_names_the_settings_and_a_token_still_opens_it()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        foreach (var language in new[] { "en", "ko" })
        {
            var page = await browser.OpenAsync(Board, ("Accept-Language", language));
            page.Status.ShouldBe(HttpStatusCode.Unauthorized);
            page.MainText.ShouldContain("Auth:Session:ClientId");
            page.MainText.ShouldContain("Auth:Session:ClientSecret");
            page.MainText.ShouldContain("docs/configuration.md");
            PlainHtml.Links(page.Document).ShouldNotContain(link => link.Contains("login"));
        }

        (await gateway.OpenAsync(Board)).All(".who, form[action$=sign-out]").ShouldBeEmpty(); // a caller with a token has no session to end
    }

    [Fact]
    public async Task Switched_off_there_is_nothing_and_no_link_to_it()
    {
        await using var gateway = await SessionHost.StartAsync(("Console:Enabled", "false"));
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var path in new[]
        {
            "/console", "/console/gateway", "/console/runs/a", "/console/signed-out", "/console/nothing", "/pages/console.js",
        })
        {
            using var response = await browser.GetAsync(path);
            await response.ShouldBeProblemAsync(NclueGateway.Http.HttpProblems.NotFound);
        }

        using var posted = await browser.SendFormAsync("/console/sign-out", "");
        posted.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var index = await browser.SendAsync(HttpMethod.Get, "/", change: request => request.Headers.Add("Accept", "text/html"));
        PlainHtml.AllAddresses(await PlainHtml.ReadAsync(index)).ShouldNotContain(address => address.Contains("console"));
        using var style = await browser.GetAsync("/pages/page.css");
        style.StatusCode.ShouldBe(HttpStatusCode.OK); // other pages need it
    }

    [Fact]
    public async Task Without_the_permission_the_page_says_whom_to_ask_and_nothing_of_the_runs()
    {
        await using var gateway = await StartWithSignInAsync([new("run-canary")]);
        gateway.Issuer.SignIn.Granted = asked => asked.Replace("task-runs:read", "", StringComparison.Ordinal);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var path in new[] { "/console", "/console/runs/run-canary", "/console/gateway" })
        {
            var page = await browser.OpenAsync(path);
            page.Status.ShouldBe(HttpStatusCode.Forbidden);
            page.Text("h1").ShouldBe("You may not read task runs");
            page.MainText.ShouldContain("Ask the person in your company who manages access to this gateway");
            page.Html.Replace(path, "").ShouldNotContain("run-canary");
        }

        var korean = await browser.OpenAsync(Board, ("Accept-Language", "ko"));
        korean.MainText.ShouldContain("담당자에게 권한을 요청");
        korean.All("main [lang]").ShouldBeEmpty(); // nothing is in another language
    }

    [Theory]
    [InlineData("/console/nothing")]
    [InlineData("/console/runs")]
    [InlineData("/console/runs/a/b")]
    [InlineData("/console/%3Cscript%3E")]
    public async Task An_unknown_page_is_a_404_as_a_page_for_a_visitor_and_a_reader(string path)
    {
        using var browser = new CookieClient(site.Gateway.Address);

        foreach (var _ in new[] { "visitor", "reader" })
        {
            var page = await browser.OpenAsync(path);
            page.Status.ShouldBe(HttpStatusCode.NotFound);
            page.Text("h1").ShouldBe("There is no such page");
            page.All("main script").ShouldBeEmpty();
            await browser.SignInAsync();
        }
    }

    [Theory]
    [InlineData("/console", "GET, HEAD")]
    [InlineData("/console/runs/a", "GET, HEAD")]
    [InlineData("/console/gateway", "GET, HEAD")]
    [InlineData("/console/signed-out", "GET, HEAD")]
    [InlineData("/console/sign-out", "POST")]
    [InlineData("/pages/language", "POST")]
    public async Task Other_methods_are_a_405_and_change_nothing(string path, string allowed)
    {
        using var browser = new CookieClient(site.Gateway.Address);
        await browser.SignInAsync();
        var cookies = browser.SetCookies.Count;

        foreach (var method in new[] { "GET", "POST", "PUT", "DELETE", "PATCH" }.Where(method => !allowed.Contains(method)))
        {
            using var response = await browser.SendAsync(
                new(method), path, csrf: null, request => request.Headers.Add("Sec-Fetch-Site", "same-origin"));
            response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed, method);
            response.Content.Headers.Allow.ShouldBe(allowed.Split(", "), ignoreOrder: true);
        }

        browser.SetCookies.Count.ShouldBe(cookies);
        (await browser.OpenAsync("/console/gateway")).Status.ShouldBe(HttpStatusCode.OK); // still signed in
    }

    [Fact]
    public async Task Pages_count_in_the_callers_quota_together_with_the_API_and_the_refusal_is_a_page()
    {
        await using var gateway = await SessionHost.StartAsync(("Quota:RequestsPerSecond", "1"), ("Quota:Burst", "3"));
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        (await browser.OpenAsync("/console/gateway")).Headers["RateLimit"].ShouldBe("\"caller\";r=2;t=1");
        using var api = await browser.GetAsync("/api/status");
        api.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.OpenAsync(Board)).Status.ShouldBe(HttpStatusCode.OK);

        var page = await browser.OpenAsync("/console?q=a");

        page.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        page.Text("h1").ShouldBe("Too many requests");
        page.Headers["Retry-After"].ShouldBe("1");
        page.Attribute("main a.button", "href").ShouldBe("/console?q=a"); // try again
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        (await browser.OpenAsync(Board)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Pages_are_audited_as_reads_with_the_names_of_parameters_and_never_a_value()
    {
        await using var gateway = await StartWithSignInAsync([new("a")]);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        await browser.OpenAsync("/console?q=canary&status=failed&status=completed&taskId=&from=2026-11-01&sort=name");
        await browser.OpenAsync("/console?shown=&shown=canary");
        await browser.OpenAsync("/console/runs/a");
        await browser.OpenAsync("/console/gateway");
        await browser.OpenAsync("/console?canary=canary&q=canary");
        await browser.OpenAsync("/console/canary");
        using var stranger = new CookieClient(gateway.Address);
        await stranger.OpenAsync("/console?q=canary");
        await gateway.StopAsync();

        var events = gateway.Logs.GetSnapshot().Where(entry => entry.Category == AuditEvent.Category)
            .Where(entry => entry.GetStructuredStateValue("Kind") != "SignIn" && entry.GetStructuredStateValue("Subject") != "reader")
            .ToList();

        events.Select(entry => string.Join(' ', new[] { "Kind", "Outcome", "Status", "Subject", "Route", "Query", "RunId" }
            .Select(name => entry.GetStructuredStateValue(name) is { Length: > 0 } value ? value : "-"))).ShouldBe(
        [
            "Read answered 200 alice /console q 1, status 2, from 1, sort 1 -",
            "Read answered 200 alice /console - -",
            "Read answered 200 alice /console/runs/{id} - a",
            "Read answered 200 alice /console/gateway - -",
            "Refusal invalid-request 400 alice /console - -",
            "Refusal not-found 404 alice - - -", // as for the API, an unknown path has no route
            "Refusal unauthenticated 401 - /console - -",
        ], ignoreOrder: true);
        events.Select(entry => entry.Message + string.Concat(entry.StructuredState!)).ShouldAllBe(text => !text.Contains("canary"));
    }

    [Fact]
    public async Task The_bar_names_the_person_and_no_page_another_caller()
    {
        await using var gateway = await StartWithSignInAsync([new("a")]);
        using var other = gateway.CreateClient("bob-canary");
        using var read = await other.GetAsync("/api/task-runs", Ct);
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();

        foreach (var path in new[] { "/console", "/console/runs/a", "/console/gateway" })
        {
            var page = await browser.OpenAsync(path);
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Text(".who").ShouldBe("Alice 김");
            page.Headers["Content-Security-Policy"].ShouldBe(Policy);
            page.Attribute("form[action$=sign-out]", "method").ShouldBe("post");
            foreach (var secret in new[]
            {
                "canary", GatewayHost.AccessKey, GatewayHost.SecretKey, gateway.Nclue.BaseAddress.Authority, browser.Session!,
            })
            {
                page.Html.ShouldNotContain(secret);
            }
        }
    }
}
