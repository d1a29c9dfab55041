using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>Sign-in of a person with a browser.</summary>
public sealed class SignInTests
{
    private const string AccessTokenIssuer = "http://adfs.example.com/adfs/services/trust";

    [Fact]
    public async Task A_person_signs_in_and_comes_back_to_where_they_were()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        (await browser.SignInAsync("/health/live?a=b#c")).OriginalString.ShouldBe("/health/live?a=b#c");

        var page = await browser.ReadAsync();
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Runs.Length.ShouldBe(20);
    }

    [Fact]
    public async Task The_browser_gets_a_cookie_that_no_script_and_no_other_host_can_read_and_nothing_else()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        var cookie = browser.SetCookies.Where(line => line.StartsWith("__Host-nclue-session=", StringComparison.Ordinal))
            .ShouldHaveSingleItem();
        cookie.ShouldMatch("^__Host-nclue-session=[A-Za-z0-9_-]{43}; path=/; secure; samesite=lax; httponly$");
        browser.Cookies.Keys.ShouldBe(["__Host-nclue-session"]);
    }

    [Fact]
    public async Task The_cookies_of_a_sign_in_under_way_are_short_lived_and_bound_to_the_host()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        using var redirect = await browser.GetAsync("/session/login", csrf: null);

        redirect.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        redirect.Headers.CacheControl!.NoStore.ShouldBeTrue();
        browser.SetCookies.Select(line => line.Split('=')[0].Split('.')[0])
            .ShouldBe(["__Host-nclue-nonce", "__Host-nclue-correlation"], ignoreOrder: true);
        var expires = gateway.Clock.GetUtcNow().AddMinutes(15).ToString("R");
        browser.SetCookies.ShouldAllBe(line => line.EndsWith(
            $"; expires={expires}; path=/; secure; samesite=lax; httponly", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_provider_is_asked_for_a_code_bound_to_this_sign_in()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        var request = gateway.Issuer.SignIn.LastRequest;
        request["response_type"].ShouldBe("code");
        request["code_challenge_method"].ShouldBe("S256");
        request["redirect_uri"].ShouldBe(new Uri(gateway.Address, "/session/callback").AbsoluteUri);
        request["scope"].ShouldBe("openid profile task-runs:read offline_access");
        request.Keys.ShouldBe(
            [
                "client_id", "redirect_uri", "response_type", "response_mode", "scope",
                "code_challenge", "code_challenge_method", "nonce", "state",
            ],
            ignoreOrder: true);
        request["response_mode"].ShouldBe("query");
        request["state"].ShouldNotContain("health");
    }

    [Theory]
    [InlineData("""{"scopes_supported":["openid","email"]}""", "openid")]
    [InlineData("""{"scopes_supported":["openid","profile","offline_access"]}""", "openid profile offline_access")]
    [InlineData("{}", "openid profile task-runs:read offline_access")]
    public async Task Only_scopes_are_asked_for_that_the_provider_knows(string metadata, string expected)
    {
        await using var gateway = await SessionHost.StartAsync(
            issuer => issuer.SignIn.Metadata = System.Text.Json.Nodes.JsonNode.Parse(metadata)!.AsObject());
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        gateway.Issuer.SignIn.LastRequest["scope"].ShouldBe(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_client_proves_itself_in_the_way_that_the_provider_wants(bool wantsSecretInBody)
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Issuer.SignIn.WantsSecretInBody = wantsSecretInBody;
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_provider_that_offers_pushed_requests_is_asked_in_the_plain_way()
    {
        await using var gateway = await SessionHost.StartAsync(issuer =>
            issuer.SignIn.Metadata["pushed_authorization_request_endpoint"] = issuer.Address + "/nowhere");
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_sign_in_ends_the_session_before_it_and_gets_a_new_id()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        var first = browser.Session;
        gateway.Issuer.SignIn.User = "bob";

        await browser.SignInAsync();

        browser.Session.ShouldNotBe(first);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        using var old = new CookieClient(gateway.Address) { Session = first };
        (await old.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_session_id_planted_by_an_attacker_is_not_kept()
    {
        await using var gateway = await SessionHost.StartAsync();
        var planted = new string('a', 43);
        using var browser = new CookieClient(gateway.Address) { Session = planted };

        await browser.SignInAsync();

        browser.Session.ShouldNotBe(planted);
        using var attacker = new CookieClient(gateway.Address) { Session = planted };
        (await attacker.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_sign_in_cannot_be_finished_in_another_browser()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var attacker = new CookieClient(gateway.Address);
        using var callback = await attacker.FollowAsync("/session/login", IsCallback);
        using var victim = new CookieClient(gateway.Address);

        using var response = await victim.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null);

        await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        victim.Session.ShouldBeNull();
    }

    [Fact]
    public async Task A_sign_in_cannot_be_finished_twice_nor_after_fifteen_minutes()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        using var callback = await browser.FollowAsync("/session/login", IsCallback);
        var cookies = browser.Cookies.ToList();
        (await browser.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        cookies.ForEach(cookie => browser.Cookies[cookie.Key] = cookie.Value);
        using var again = await browser.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null);
        await again.ShouldBeProblemAsync(AccessProblems.SignInFailed);

        using var slow = new CookieClient(gateway.Address);
        using var late = await slow.FollowAsync("/session/login", IsCallback);
        gateway.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        using var tooLate = await slow.GetAsync(late.Headers.Location!.AbsoluteUri, csrf: null);
        await tooLate.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        slow.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?error=access_denied&error_description=description-canary&state=x")]
    [InlineData("?code=x&state=x")]
    [InlineData("?code=x")]
    public async Task A_callback_that_the_gateway_has_not_begun_is_a_problem(string query)
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);

        using var response = await browser.GetAsync("/session/callback" + query, csrf: null);

        var problem = await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        problem.ToJsonString().ShouldNotContain("canary");
    }

    [Fact]
    public async Task An_invalid_id_token_does_not_sign_in()
    {
        await using var gateway = await SessionHost.StartAsync(issuer => issuer.SignIn.Metadata["access_token_issuer"] = AccessTokenIssuer);
        var stranger = TestKey.Ecdsa(gateway.Issuer.Key.Id);
        Action<TokenDraft>[] faults =
        [
            token => token.Claims["aud"] = "another-client",
            token => token.Claims["iss"] = "https://another.example",
            token => token.Claims["nonce"] = "another",
            token => token.Claims.Remove("nonce"),
            token => token.Claims.Remove("sub"),
            token => token.Claims.Remove("exp"),
            token => token.Claims["exp"] = gateway.Clock.GetUtcNow().AddMinutes(-2).ToUnixTimeSeconds(),
            token => token.Key = stranger,
            token => (token.Header["alg"], token.Sign) = ("none", _ => []),
            token => token.Header["crit"] = new JsonArray("exp"),
            token => token.RewriteClaims = claims => claims + "x",
            token => token.RewriteHeader = header => header + header,
            token => token.Header["alg"] = "ES512",
            token => token.Claims["iss"] = AccessTokenIssuer,
        ];

        foreach (var fault in faults)
        {
            gateway.Issuer.SignIn.ChangeIdToken = fault;
            using var browser = new CookieClient(gateway.Address);
            using var response = await browser.FollowAsync("/session/login");
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"fault {Array.IndexOf(faults, fault)}");
            await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
            browser.Session.ShouldBeNull();
        }

        gateway.Issuer.SignIn.ChangeIdToken = null;
        using var good = new CookieClient(gateway.Address);
        await good.SignInAsync();
    }

    [Fact]
    public async Task A_provider_that_does_not_respond_is_reported_as_such()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = new CookieClient(gateway.Address);
        using var callback = await browser.FollowAsync("/session/login", IsCallback);
        gateway.Issuer.Mood = IssuerMood.CutsConnections;

        using var response = await browser.GetAsync(callback.Headers.Location!.AbsoluteUri, csrf: null);

        var problem = await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        ((string)problem["detail"]!).ShouldStartWith("The identity provider does not respond.");
    }

    [Fact]
    public async Task After_a_rollover_of_its_keys_the_next_sign_in_succeeds()
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        gateway.Issuer.RollOver(TestKey.Rsa("second"));
        using var browser = new CookieClient(gateway.Address);

        await browser.SignInAsync();

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_client_id_nothing_of_it_is_there()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var browser = new CookieClient(gateway.Address) { Session = new string('a', 43) };

        foreach (var path in new[] { "/session", "/session/login", "/session/callback", "/session/logout", "/session/backchannel-logout" })
        {
            using var response = await browser.GetAsync(path);
            await response.ShouldBeProblemAsync(HttpProblems.NotFound);
        }

        using var refused = await browser.GetAsync("/api/task-runs");
        (await refused.ShouldBeProblemAsync(AccessProblems.Unauthenticated)).ShouldNotContainKey("login");
    }

    private static bool IsCallback(Uri to) => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal);
}
