using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>The check of a session's permissions at the provider, every five minutes.</summary>
public sealed class RecheckTests
{
    private static readonly TimeSpan Due = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_provider_is_asked_when_five_minutes_are_over_and_not_before()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);

        gateway.Clock.Advance(Due - TimeSpan.FromSeconds(1));
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Issuer.SignIn.Refreshes.ShouldBe(0);

        for (var times = 1; times <= 3; times++)
        {
            gateway.Clock.Advance(Due);
            (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
            (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
            gateway.Issuer.SignIn.Refreshes.ShouldBe(times); // the provider accepts each refresh token once
        }
    }

    [Fact]
    public async Task Many_requests_at_once_ask_once()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);
        gateway.Clock.Advance(Due);

        var pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.ReadAsync()));

        pages.ShouldAllBe(page => page.Status == HttpStatusCode.OK);
        gateway.Issuer.SignIn.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_refresh_ends_the_session()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);
        gateway.Clock.Advance(Due);
        gateway.Issuer.SignIn.RefreshRefusal = (400, "invalid_grant");

        using var refused = await browser.GetAsync("/api/task-runs");
        await refused.ShouldBeProblemAsync(AccessProblems.Unauthenticated);

        gateway.Issuer.SignIn.RefreshRefusal = null;
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(503, "temporarily_unavailable")]
    [InlineData(500, "server_error")]
    [InlineData(429, "slow_down")]
    [InlineData(401, "invalid_client")]
    [InlineData(400, "invalid_request")]
    public async Task A_provider_that_says_nothing_of_the_person_ends_nothing_and_is_asked_again(int status, string error)
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);
        gateway.Clock.Advance(Due);
        gateway.Issuer.SignIn.RefreshRefusal = (status, error);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        var asked = gateway.Issuer.SignIn.Refreshes;
        asked.ShouldBe(1);

        gateway.Issuer.SignIn.RefreshRefusal = (400, "invalid_grant");
        gateway.Clock.Advance(TimeSpan.FromSeconds(31));
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_provider_that_is_away_ends_nothing()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);
        gateway.Issuer.Mood = IssuerMood.CutsConnections;
        for (var i = 0; i < 10; i++)
        {
            gateway.Clock.Advance(Due);
            (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        }

        gateway.Issuer.Mood = IssuerMood.Responds;
        gateway.Clock.Advance(Due);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Issuer.SignIn.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_permission_that_was_taken_away_is_gone_and_one_that_was_given_is_there()
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Issuer.SignIn.Granted = asked => "openid offline_access";
        using var browser = await SignedInAsync(gateway);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Forbidden);

        gateway.Issuer.SignIn.IdClaims["roles"] = new JsonArray("a", "task-runs:read");
        gateway.Clock.Advance(Due);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        gateway.Issuer.SignIn.IdClaims["roles"] = new JsonArray("a");
        gateway.Clock.Advance(Due);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task An_id_token_of_another_subject_changes_nothing()
    {
        await using var gateway = await SessionHost.StartAsync();
        using var browser = await SignedInAsync(gateway);
        gateway.Issuer.SignIn.ChangeIdToken = token => token.Claims["sub"] = "mallory";
        gateway.Clock.Advance(Due);

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        // Only the refresh token of that response is valid.
        gateway.Issuer.SignIn.ChangeIdToken = null;
        gateway.Clock.Advance(TimeSpan.FromSeconds(31));
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Issuer.SignIn.Refreshes.ShouldBe(2);
        gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Issuer.SignIn.Refreshes.ShouldBe(2);
    }

    [Fact]
    public async Task Without_a_refresh_token_a_session_lives_as_long_as_it_may()
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Issuer.SignIn.Granted = asked => "openid task-runs:read";
        using var browser = await SignedInAsync(gateway);
        gateway.Clock.Advance(TimeSpan.FromMinutes(59));

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);

        gateway.Issuer.SignIn.Refreshes.ShouldBe(0);
    }

    [Theory]
    [InlineData("openid task-runs:read", 1)]
    [InlineData("openid task-runs:read offline_access", 0)]
    public async Task The_operator_is_told_once_when_the_provider_gives_no_refresh_token(string granted, int warnings)
    {
        await using var gateway = await SessionHost.StartAsync();
        gateway.Issuer.SignIn.Granted = asked => granted;
        using var one = await SignedInAsync(gateway);
        using var another = await SignedInAsync(gateway);

        gateway.Logs.GetSnapshot()
            .Count(line => line.Message.StartsWith("The identity provider issues no refresh token", StringComparison.Ordinal))
            .ShouldBe(warnings);
    }

    private static async Task<CookieClient> SignedInAsync(GatewayHost gateway)
    {
        var browser = new CookieClient(gateway.Address);
        await browser.SignInAsync();
        return browser;
    }
}
