using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using NclueGateway.Http;
using NclueGateway.Observability.Logging;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>Sign-ins that are begun and not completed: their cookies, and the page that a person sees.</summary>
public sealed class PendingSignInTests : IAsyncLifetime
{
    private const string Page = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"; // as browsers send it

    private GatewayHost? _gateway;

    private GatewayHost Gateway => _gateway!;

    private TestSignIn Provider => Gateway.Issuer.SignIn;

    public async ValueTask InitializeAsync() => _gateway = await SessionHost.StartAsync();

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    [Fact]
    public async Task A_browser_has_at_most_three_of_them_and_the_oldest_goes_with_the_next()
    {
        using var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        var callbacks = new List<Uri>();

        for (var i = 0; i < 100; i++)
        {
            using var callback = await ToCallbackAsync(browser);
            callbacks.Add(callback.Headers.Location!);
            browser.Cookies.Count.ShouldBeLessThanOrEqualTo(1 + (2 * 3));
        }

        browser.Cookies.Sum(cookie => cookie.Key.Length + cookie.Value.Length + 3).ShouldBeLessThan(1_500);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var callback in callbacks.TakeLast(3))
        {
            using var signedIn = await browser.GetAsync(callback.AbsoluteUri, csrf: null);
            signedIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        }

        using var forgotten = await browser.GetAsync(callbacks[^4].AbsoluteUri, csrf: null);
        await forgotten.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        browser.Cookies.Keys.ShouldBe(["__Host-nclue-session"]);
    }

    [Fact]
    public async Task Many_made_up_names_are_deleted_a_few_at_a_time_the_oldest_first()
    {
        using var browser = new CookieClient(Gateway.Address);
        for (var i = 0; i < 800; i++)
        {
            browser.Cookies[$"__Host-nclue-{(i % 2 == 0 ? "nonce" : "correlation")}.{i:0000}"] = "x";
        }

        using var login = await browser.GetAsync("/session/login", csrf: null);

        login.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var names = browser.SetCookies.Select(line => line.Split('=')[0]); // after the two of this sign-in
        names.Skip(2).ShouldBe(
            Enumerable.Range(0, 20).Select(i => $"__Host-nclue-{(i % 2 == 0 ? "nonce" : "correlation")}.{i:0000}"),
            ignoreOrder: true);
    }

    [Fact]
    public async Task Windows_of_a_sign_in_are_severed_from_who_opened_them()
    {
        using var browser = new CookieClient(Gateway.Address);

        using var login = await browser.GetAsync("/session/login", csrf: null);
        using var refused = await browser.GetAsync("/session/login?returnUrl=//elsewhere", csrf: null);
        using var failed = await browser.GetAsync("/session/callback", csrf: null);
        using var callback = await ToCallbackAsync(browser);
        using var signedIn = await browser.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null);

        foreach (var response in new[] { login, refused, failed, signedIn })
        {
            response.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
        }
    }

    [Fact]
    public async Task A_state_is_redeemed_once_even_if_the_sign_in_fails()
    {
        using var browser = new CookieClient(Gateway.Address);
        using var redirect = await browser.GetAsync("/session/login", csrf: null);
        var state = QueryOf(redirect.Headers.Location!)["state"];
        var cookies = browser.Cookies.ToList();

        for (var i = 0; i < 20; i++)
        {
            cookies.ForEach(cookie => browser.Cookies[cookie.Key] = cookie.Value);
            using var response = await browser.GetAsync($"/session/callback?code=junk-{i}&state={Uri.EscapeDataString(state)}", csrf: null);
            await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        }

        Provider.Redemptions.ShouldBe(1);

        // Also after a success, and in any encoding of the state: the last character of base64url has unused bits.
        using var callback = await ToCallbackAsync(browser);
        cookies = [.. browser.Cookies];
        (await browser.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Provider.Redemptions.ShouldBe(2);
        var used = QueryOf(callback.Headers.Location!)["state"];
        foreach (var again in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Select(last => used[..^1] + last))
        {
            cookies.ForEach(cookie => browser.Cookies[cookie.Key] = cookie.Value);
            using var response = await browser.GetAsync($"/session/callback?code=junk&state={again}", csrf: null);
            await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        }

        Provider.Redemptions.ShouldBe(2);
    }

    [Theory]
    [InlineData(null, false, true)]
    [InlineData(null, true, false)] // RFC 9207 §2.4
    [InlineData("https://another.example", false, false)]
    [InlineData("https://another.example", true, false)]
    [InlineData("", false, false)]
    public async Task The_callbacks_issuer_is_the_one_that_was_asked(string? iss, bool isAnnounced, bool isGood)
    {
        await using var gateway = await SessionHost.StartAsync(
            issuer => issuer.SignIn.Metadata["authorization_response_iss_parameter_supported"] = isAnnounced);
        gateway.Issuer.SignIn.Callback["iss"] = iss;
        using var browser = new CookieClient(gateway.Address);

        using var response = await browser.FollowAsync("/session/login?returnUrl=/health/live", to => to.OriginalString == "/health/live");

        response.StatusCode.ShouldBe(isGood ? HttpStatusCode.Redirect : HttpStatusCode.BadRequest);
        gateway.Issuer.SignIn.Redemptions.ShouldBe(isGood ? 1 : 0);
        (browser.Session is not null).ShouldBe(isGood);
    }

    [Theory]
    [InlineData("iss=x")]
    [InlineData("code=x")]
    [InlineData("state=x")]
    [InlineData("error=access_denied")]
    public async Task An_issuer_or_a_parameter_that_comes_twice_counts_for_errors_as_well(string added)
    {
        using var browser = new CookieClient(Gateway.Address);
        using var callback = await ToCallbackAsync(browser);
        var twice = callback.Headers.Location!.AbsoluteUri + "&" + added
            + (added.StartsWith("error", StringComparison.Ordinal) ? "&" + added : "");

        using var response = await browser.GetAsync(twice, csrf: null);

        await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        Provider.Redemptions.ShouldBe(0);
    }

    [Theory]
    [InlineData(Page, true)]
    [InlineData("text/html", true)]
    [InlineData("text/html, application/xhtml+xml, */*", true)]
    [InlineData("*/*", false)]
    [InlineData("application/problem+json, text/html;q=0.5", false)]
    [InlineData("text/html;q=0, */*", false)]
    [InlineData(null, false)]
    public async Task A_person_sees_a_page_and_a_program_a_problem(string? accept, bool isPage)
    {
        using var browser = new CookieClient(Gateway.Address);

        using var response = await GetAsync(browser, "/session/callback?code=x&state=x", accept);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
        response.Content.Headers.ContentType!.MediaType.ShouldBe(isPage ? "text/html" : "application/problem+json");
    }

    [Fact]
    public async Task A_page_left_open_over_night_leads_back_to_where_the_person_was_going()
    {
        using var browser = new CookieClient(Gateway.Address);
        using var callback = await browser.FollowAsync("/session/login?returnUrl=/swagger/index.html%3Fa=%22%3E%3Cb%3E", IsCallback);
        Gateway.Clock.Advance(TimeSpan.FromHours(12));

        using var response = await GetAsync(browser, callback.Headers.Location!.AbsoluteUri, Page);
        using var back = await GetAsync(browser, callback.Headers.Location!.AbsoluteUri, Page); // a second time, by the Back button

        foreach (var page in new[] { PlainHtml.Parse(await BodyAsync(response)), PlainHtml.Parse(await BodyAsync(back)) })
        {
            page.QuerySelector("h1")!.TextContent.ShouldBe("The sign-in has failed");
            page.QuerySelector("main a.button")!.OuterHtml.ShouldBe(
                """<a class="button" href="/session/login?returnUrl=%2Fswagger%2Findex.html%3Fa%3D%22%3E%3Cb%3E">Sign in again</a>""");
        }

        using var signedIn = await browser.FollowAsync(
            "/session/login?returnUrl=%2Fswagger%2Findex.html%3Fa%3D%22%3E%3Cb%3E",
            to => to.OriginalString.StartsWith("/swagger", StringComparison.Ordinal));
        browser.Session.ShouldNotBeNull();
    }

    [Fact]
    public async Task Every_failure_on_the_way_is_a_page_for_a_person()
    {
        using var browser = new CookieClient(Gateway.Address);
        using var wrongReturn = await GetAsync(browser, "/session/login?returnUrl=//elsewhere", Page);
        (await BodyAsync(wrongReturn)).ShouldContain("Sign in again");
        Provider.Callback["error"] = "access_denied";
        using var denied = await GetAsync(browser, (await ToCallbackAsync(browser)).Headers.Location!.AbsoluteUri, Page);
        (await BodyAsync(denied)).ShouldContain("denied access");
        Provider.Callback["error"] = "server_error";
        using var error = await GetAsync(browser, (await ToCallbackAsync(browser)).Headers.Location!.AbsoluteUri, Page);
        (await BodyAsync(error)).ShouldContain("Sign in again");
        Provider.Callback.Clear();
        using var callback = await ToCallbackAsync(browser);
        Gateway.Issuer.Mood = IssuerMood.CutsConnections;
        using var away = await GetAsync(browser, callback.Headers.Location!.AbsoluteUri, Page);
        (await BodyAsync(away)).ShouldContain("The identity provider does not respond.");
        foreach (var response in new[] { wrongReturn, denied, error, away })
        {
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        await using var busy = await SessionHost.StartAsync(("Quota:AnonymousPerSecond", "1"));
        using var first = await GetAsync(browser, new Uri(busy.Address, "/session/login").AbsoluteUri, Page);
        using var second = await GetAsync(browser, new Uri(busy.Address, "/session/login").AbsoluteUri, Page);
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await BodyAsync(second)).ShouldContain("Too many sign-ins");
    }

    [Fact]
    public async Task A_failed_callback_is_logged_once_as_a_warning_without_a_stack()
    {
        using var browser = new CookieClient(Gateway.Address);
        using var stale = await ToCallbackAsync(browser);
        Provider.Callback["error"] = "invalid_scope";
        Provider.Callback["error_description"] = "description-canary";
        using var refused = await ToCallbackAsync(browser);
        Provider.Callback["error"] = "access_denied";
        using var denied = await ToCallbackAsync(browser);
        Provider.Callback.Clear();
        using var badToken = await ToCallbackAsync(browser);
        using var badCode = await ToCallbackAsync(browser);
        string[] callbacks =
        [
            "/session/callback", "/session/callback?code=x&state=x", "/session/callback?id_token=x", stale.Headers.Location!.AbsoluteUri,
            refused.Headers.Location!.AbsoluteUri, denied.Headers.Location!.AbsoluteUri, badToken.Headers.Location!.AbsoluteUri,
            badCode.Headers.Location!.AbsoluteUri.Replace("code=", "code=junk", StringComparison.Ordinal),
        ];
        Provider.ChangeIdToken = token => token.Claims["aud"] = "another-client";
        foreach (var callback in callbacks)
        {
            Gateway.Logs.Clear();
            using var response = await browser.GetAsync(callback, csrf: null);
            await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);

            var line = Gateway.Logs.GetSnapshot().Where(log => log.Level >= LogLevel.Warning && log.Category != RequestLogging.Category)
                .ShouldHaveSingleItem(callback);
            (line.Level, line.Exception).ShouldBe((LogLevel.Warning, null));
            line.Message.ShouldStartWith("A sign-in has failed: ");
            Gateway.Logs.GetSnapshot().Where(log => log.Category != "Microsoft.AspNetCore.Hosting.Diagnostics") // off by default
                .ShouldAllBe(log => log.Exception == null && !log.Message.Contains("canary", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-7")]
    public async Task A_callback_by_post_is_refused_unread(string type)
    {
        using var connection = await RawConnection.OpenAsync(Gateway.Address);
        await connection.SendAsync(
            $"POST /session/callback HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\n"
            + $"Content-Type: {type}\r\nContent-Length: 9\r\n\r\n");

        var response = await connection.ReadUntilAsync("}"); // the server waits some seconds more for the body, which never comes

        response.ShouldStartWith("HTTP/1.1 400 "); // not 100: the gateway did not start to read the body
        response.ShouldContain("/problems/sign-in-failed");
        Gateway.Logs.GetSnapshot().ShouldNotContain(log => log.Level >= LogLevel.Error);
    }

    private static bool IsCallback(Uri to) => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal);

    private static Task<HttpResponseMessage> ToCallbackAsync(CookieClient browser) => browser.FollowAsync("/session/login", IsCallback);

    private static Task<HttpResponseMessage> GetAsync(CookieClient browser, string address, string? accept) =>
        browser.SendAsync(
            HttpMethod.Get,
            address,
            csrf: null,
            request => _ = accept is null || request.Headers.TryAddWithoutValidation("Accept", accept));

    private static Task<string> BodyAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    private static Dictionary<string, string> QueryOf(Uri address) =>
        QueryHelpers.ParseQuery(address.Query).ToDictionary(field => field.Key, field => field.Value.ToString());
}
