using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>
/// An ended session stays ended, even if a read or a check runs while it ends. One person never has more than twenty
/// sessions.
/// </summary>
public sealed class EndOfSessionTests : IAsyncLifetime
{
    private readonly GatedCache _cache = new();
    private GatewayHost? _surroundings;
    private GatewayHost? _gateway;
    private string _sid = "";

    private GatewayHost Gateway => _gateway!;

    private GatewayHost Surroundings => _surroundings!;

    public async ValueTask InitializeAsync()
    {
        _surroundings = await SessionHost.StartAsync(issuer => issuer.SignIn.ChangeIdToken = token => _sid = (string)token.Claims["sid"]!);
        _gateway = await Surroundings.StartReplicaAsync(
            SessionHost.Settings(), Surroundings.Clock, services => services.AddSingleton<IDistributedCache>(_cache), "Development");
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Surroundings.DisposeAsync();
    }

    [Fact]
    public async Task A_read_that_signing_out_overtakes_does_not_keep_the_session()
    {
        using var browser = await SignedInAsync();
        using var other = new CookieClient(Gateway.Address) { Session = browser.Session };
        var reading = await ReadHeldUpAsync(
            other, key => key.EndsWith(":end", StringComparison.Ordinal) && !key.Contains(":sub:", StringComparison.Ordinal));

        (await browser.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await reading();

        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("sub", ":sid:")]
    [InlineData("sid", ":sub:")]
    public async Task A_read_that_the_providers_logout_overtakes_does_not_keep_the_session(string left, string mark)
    {
        using var browser = await SignedInAsync();
        var reading = await ReadHeldUpAsync(browser, key => key.Contains(mark, StringComparison.Ordinal));

        (await LogoutAsync(Token(left))).ShouldBe(HttpStatusCode.OK);
        await reading();

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_check_that_signing_out_overtakes_does_not_bring_the_session_back()
    {
        using var browser = await SignedInAsync();
        using var other = new CookieClient(Gateway.Address) { Session = browser.Session };
        Surroundings.Clock.Advance(TimeSpan.FromMinutes(5));
        var asked = new TaskCompletionSource();
        var reply = new TaskCompletionSource();
        Surroundings.Issuer.SignIn.BeforeRefresh = () =>
        {
            asked.SetResult();
            return reply.Task;
        };
        var reading = other.ReadAsync();
        await asked.Task;

        (await browser.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        reply.SetResult();
        await reading;

        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_sign_in_that_the_providers_logout_overtakes_is_refused()
    {
        using var browser = new CookieClient(Gateway.Address);
        var (isHeld, release) = _cache.HoldNext(key => key.Contains(":sub:", StringComparison.Ordinal));
        var signingIn = browser.FollowAsync("/session/login?returnUrl=/health/live", to => to.OriginalString == "/health/live");
        await isHeld;

        (await LogoutAsync(Token("sid"))).ShouldBe(HttpStatusCode.OK);
        release();

        using var response = await signingIn;
        await response.ShouldBeProblemAsync(AccessProblems.SignInFailed);
        browser.Session.ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refresh_token_is_kept_for_a_session_that_was_evicted_during_the_check_and_not_for_one_that_has_ended(bool isEnded)
    {
        using var browser = await SignedInAsync();
        Surroundings.Clock.Advance(TimeSpan.FromMinutes(5));
        var (asked, reply) = (new TaskCompletionSource(), new TaskCompletionSource());
        Surroundings.Issuer.SignIn.BeforeRefresh = () =>
        {
            asked.TrySetResult();
            return reply.Task;
        };
        var reading = browser.ReadAsync();
        await asked.Task;
        Surroundings.Clock.Advance(TimeSpan.FromSeconds(1));
        await EvictAsync();
        if (isEnded)
        {
            using var other = new CookieClient(Gateway.Address) { Session = browser.Session };
            (await other.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        _cache.FailNext(Browsers.HashOf(browser.Session!)); // Redis becomes unavailable before the new refresh token is stored
        reply.SetResult();
        (await reading).Status.ShouldBe(HttpStatusCode.OK);

        Surroundings.Clock.Advance(TimeSpan.FromMinutes(5));
        // The provider accepts no refresh token twice.
        (await browser.ReadAsync()).Status.ShouldBe(isEnded ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
        Surroundings.Issuer.SignIn.Refreshes.ShouldBe(isEnded ? 1 : 2);
    }

    [Theory]
    [InlineData("sub", ":end")]
    [InlineData("sid", ":end")]
    public async Task A_logout_that_did_not_take_effect_can_be_tried_again(string left, string write)
    {
        using var browser = await SignedInAsync();
        var token = Token(left);
        _cache.FailNext(write);

        (await LogoutAsync(token)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await LogoutAsync(token)).ShouldBe(HttpStatusCode.OK);

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await LogoutAsync(token)).ShouldBe(HttpStatusCode.BadRequest); // now it is marked as used
    }

    [Fact]
    public async Task The_twenty_first_session_of_a_person_ends_the_oldest()
    {
        var sessions = new List<CookieClient>();
        for (var i = 0; i < 22; i++)
        {
            sessions.Add(await SignedInAsync());
        }

        Surroundings.Issuer.SignIn.User = "bob";
        using var bob = await SignedInAsync();

        var statuses = new List<HttpStatusCode>();
        foreach (var session in sessions)
        {
            statuses.Add((await session.ReadAsync()).Status);
            session.Dispose();
        }

        statuses.Take(2).ShouldAllBe(status => status == HttpStatusCode.Unauthorized);
        statuses.Skip(2).ShouldAllBe(status => status == HttpStatusCode.OK);
        (await bob.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Sessions_that_are_over_push_out_none_that_is_used()
    {
        using var used = await SignedInAsync();
        for (var i = 0; i < 20; i++)
        {
            using var unused = await SignedInAsync();
            if (i < 15)
            {
                (await unused.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);
            }
        }

        Surroundings.Clock.Advance(TimeSpan.FromMinutes(45));
        (await used.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        Surroundings.Clock.Advance(TimeSpan.FromMinutes(16)); // the unused sessions have passed their idle time
        for (var i = 0; i < 19; i++)
        {
            using var another = await SignedInAsync();
        }

        (await used.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<CookieClient> SignedInAsync()
    {
        var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        return browser;
    }

    /// <summary>Makes the replica cache so many other sessions that it evicts the earlier ones.</summary>
    private async Task EvictAsync()
    {
        var tickets = Gateway.Services.GetRequiredService<SessionRepository>();
        var store = Gateway.Services.GetRequiredService<SessionCache>();
        var now = Surroundings.Clock.GetUtcNow();
        var session = new Session
        {
            Subject = "bob",
            IdClaims = [],
            GrantClaims = [],
            SignedInAt = now,
            CheckedAt = now,
            AbsoluteExpiresAt = now.AddHours(1),
        };
        for (var i = 0; i < SessionCache.MostHeld; i++)
        {
            var key = SessionId.Create().Key;
            await tickets.StoreAsync(key, session);
            await store.LookUpAsync(key);
        }
    }

    /// <summary>Begins a read, and blocks it after it has found the session in the store.</summary>
    /// <returns>Releases the read and waits for its end.</returns>
    private async Task<Func<Task>> ReadHeldUpAsync(CookieClient browser, Predicate<string> key)
    {
        Surroundings.Clock.Advance(TimeSpan.FromSeconds(11)); // the replica no longer trusts its cache
        var (isHeld, release) = _cache.HoldNext(key);
        var reading = browser.ReadAsync();
        await isHeld;
        return () =>
        {
            release();
            return reading;
        };
    }

    private string Token(string left) => Surroundings.Issuer.SignIn.IssueLogoutToken(_sid, token => token.Claims.Remove(left));

    private async Task<HttpStatusCode> LogoutAsync(string token)
    {
        using var http = Gateway.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        using var response = await http.PostAsync("/session/backchannel-logout", form, TestContext.Current.CancellationToken);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            await response.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);
        }

        return response.StatusCode;
    }
}
