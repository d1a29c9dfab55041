using System.Net;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas;

/// <summary>Browser sessions of two replicas.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedSessionsTests(TestBrowser browser) : SharedSessionsHost
{
    [Fact]
    public async Task A_user_who_signs_in_on_one_is_served_by_the_other_and_by_one_that_starts_later()
    {
        using var person = await SignedInAsync(One);

        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);

        await using var three = await StartAnotherAsync();
        (await StatusAsync(person, three)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_sign_in_that_one_has_begun_the_other_finishes()
    {
        using var person = new CookieClient(One.Address);
        using var callback = await person.FollowAsync(
            "/session/login", to => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal));
        using var elsewhere = Move(person, Two);

        using var response = await elsewhere.GetAsync(callback.Headers.Location!.PathAndQuery, csrf: null);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await StatusAsync(elsewhere, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_who_signs_out_on_one_is_signed_out_on_the_other_within_ten_seconds()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        using var stolen = Move(person, Two);
        (await person.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);

        One.Clock.Advance(TimeSpan.FromSeconds(10.001));

        (await StatusAsync(stolen, Two)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_user_whom_the_provider_signs_out_through_one_is_signed_out_on_the_other_within_ten_seconds()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        using var http = Two.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", LogoutToken())]);
        (await http.PostAsync("/session/backchannel-logout", form, Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.Unauthorized);

        One.Clock.Advance(TimeSpan.FromSeconds(10.001));

        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_browser_gets_the_end_of_a_session_from_another_replica()
    {
        Frontend.Gateway = One.Address;
        await using var view = await browser.OpenAsync();
        await view.Page.GotoAsync(Frontend.Address.AbsoluteUri);
        await view.Page.Locator("#sign-in").ClickAsync();
        await view.Page.GetByText("Alice 김").WaitForAsync();
        using var http = Two.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", LogoutToken())]);
        (await http.PostAsync("/session/backchannel-logout", form, Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        One.Clock.Advance(TimeSpan.FromSeconds(10.001));

        await view.Page.ReloadAsync();

        await view.Page.GetByText("Not signed in.").WaitForAsync();
        (await view.Page.Locator("#runs tr").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_logout_token_counts_once_over_all_replicas()
    {
        using var person = await SignedInAsync(One);
        var token = LogoutToken();
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        using var one = One.CreateAnonymousClient();
        using var two = Two.CreateAnonymousClient();

        (await one.PostAsync("/session/backchannel-logout", form, Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await two.PostAsync("/session/backchannel-logout", form, Ct)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_provider_is_asked_once_by_all_of_them()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        for (var times = 1; times <= 3; times++)
        {
            One.Clock.Advance(TimeSpan.FromMinutes(5));
            var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => StatusAsync(person, i % 2 == 0 ? One : Two)));
            responses.ShouldAllBe(status => status == HttpStatusCode.OK);
            One.Issuer.SignIn.Refreshes.ShouldBe(times);
            One.Clock.Advance(TimeSpan.FromSeconds(31)); // the claim in Redis, by its own clock, has expired
            await UnclaimAsync();
        }
    }

    [Fact]
    public async Task A_refresh_token_that_one_has_renewed_is_not_used_by_another_even_if_the_rest_of_the_response_failed()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        One.Clock.Advance(TimeSpan.FromMinutes(5));
        One.Issuer.SignIn.UserInfo = null; // fails after the refresh token has been used up
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
        One.Issuer.SignIn.Refreshes.ShouldBe(1);
        One.Issuer.SignIn.UserInfo = [];
        One.Clock.Advance(TimeSpan.FromSeconds(31));
        await UnclaimAsync();

        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);

        One.Issuer.SignIn.Refreshes.ShouldBe(2);
        One.Clock.Advance(TimeSpan.FromSeconds(11));
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_redis_is_away_no_user_is_signed_out()
    {
        using var person = await SignedInAsync(One);
        using var stranger = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);

        await Redis.StopAsync();

        for (var second = 0; second < 120; second += 5)
        {
            One.Clock.Advance(TimeSpan.FromSeconds(5));
            (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
            (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        }

        // Two cannot know a session that it has not seen, and responds with 503. Tokens still work.
        using var unknown = Move(stranger, Two);
        using var response = await unknown.GetAsync("/api/task-runs");
        var problem = await response.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);
        problem.ShouldNotContainKey("login");
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        response.Headers.WwwAuthenticate.ShouldBeEmpty();
        (await Two.ReadAsync(limit: 0)).Status.ShouldBe(HttpStatusCode.BadRequest);
        using var open = await unknown.GetAsync("/health/live");
        open.StatusCode.ShouldBe(HttpStatusCode.OK);

        // Operations that need Redis fail as a whole.
        using var signIn = new CookieClient(One.Address);
        using var failed = await signIn.FollowAsync("/session/login");
        await failed.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);
        signIn.Session.ShouldBeNull();
        using var signOut = await person.SendAsync(HttpMethod.Post, "/session/logout");
        await signOut.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);
        person.Session.ShouldNotBeNull();
        using var http = One.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", LogoutToken())]);
        using var provider = await http.PostAsync("/session/backchannel-logout", form, Ct);
        await provider.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);

        // Ten minutes later no session is trusted any more, but the response does not ask for a sign-in.
        One.Clock.Advance(TimeSpan.FromMinutes(10));
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task After_redis_has_come_back_empty_people_sign_in_again_and_every_replica_reads_what_every_other_writes()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        await Redis.StopAsync();
        One.Clock.Advance(TimeSpan.FromSeconds(11));
        (await StatusAsync(person, One)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        await Redis.StartAsync();

        await UntilSignedOutAsync(person, One);
        await UntilSignedOutAsync(person, Two);
        using var again = await SignedInAsync(One);
        (await StatusAsync(again, Two)).ShouldBe(HttpStatusCode.OK);
        await using var three = await StartAnotherAsync();
        (await StatusAsync(again, three)).ShouldBe(HttpStatusCode.OK);
        using var there = await SignedInAsync(three);
        (await StatusAsync(there, One)).ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Waits until the replica uses Redis again, by its clock, and finds no such session there.</summary>
    private Task<HttpStatusCode> UntilSignedOutAsync(CookieClient person, GatewayHost at) => ReplicaSettings.EventuallyAsync(
        () =>
        {
            One.Clock.Advance(TimeSpan.FromSeconds(1));
            return StatusAsync(person, at);
        },
        status => status == HttpStatusCode.Unauthorized);

    private async Task UnclaimAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        var keys = connection.GetServers()[0].Keys(pattern: "*:check").ToArray();
        keys.ShouldHaveSingleItem();
        await connection.GetDatabase().KeyDeleteAsync(keys);
    }
}
