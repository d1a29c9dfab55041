using System.Net;
using System.Text;
using NclueGateway.Budget;
using NclueGateway.Http;
using NclueGateway.Sandbox.Frontend;
using NclueGateway.Tests.Access.Sessions;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using static NclueGateway.Tests.Replicas.Browsers;

namespace NclueGateway.Tests.Replicas;

/// <summary>Browser sessions of two replicas on one real Redis. The clock of both is the test's.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedSessionsTests(TestBrowser browser) : IAsyncLifetime
{
    private static readonly string Certificate = CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(1));

    private RedisServer? _redis;
    private SampleFrontend? _frontend;
    private GatewayHost? _one;
    private GatewayHost? _two;
    private string _sid = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RedisServer Redis => _redis!;

    private GatewayHost One => _one!;

    private GatewayHost Two => _two!;

    private Dictionary<string, string?> Settings { get; } = SessionHost.Settings(
        ("Nclue:ReplicaCount", "2"), ("Auth:Session:DataProtectionCertificate", Certificate));

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _frontend = await SampleFrontend.StartAsync(0, Ct);
        Settings["ConnectionStrings:Redis"] = Redis.Address;
        Settings["Auth:AllowedOrigins:0"] = _frontend.Address.GetLeftPart(UriPartial.Authority);
        _one = await GatewayHost.StartAsync(settings: Settings, environment: "Development", provider: issuer =>
            issuer.SignIn.ChangeIdToken = token => _sid = (string)token.Claims["sid"]!);
        _two = await StartAnotherAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Two.DisposeAsync();
        await One.DisposeAsync();
        await Redis.DisposeAsync();
        await _frontend!.DisposeAsync();
    }

    [Fact]
    public async Task Who_signs_in_on_one_is_served_by_the_other_and_by_one_that_starts_later()
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
        using var callback = await person.FollowAsync("/session/login", to => to.OriginalString.Contains("/session/callback", StringComparison.Ordinal));
        using var elsewhere = Move(person, Two);

        using var answer = await elsewhere.GetAsync(callback.Headers.Location!.PathAndQuery, csrf: null);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await StatusAsync(elsewhere, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_signs_out_on_one_is_signed_out_on_the_other_within_ten_seconds()
    {
        using var person = await SignedInAsync(One);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        using var stolen = Move(person, Two);
        (await person.SendAsync(HttpMethod.Post, "/session/logout")).StatusCode.ShouldBe(HttpStatusCode.OK);

        One.Clock.Advance(TimeSpan.FromSeconds(10.001));

        (await StatusAsync(stolen, Two)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Whom_the_provider_signs_out_through_one_is_signed_out_on_the_other_within_ten_seconds()
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
    public async Task A_browser_hears_of_it_that_the_provider_has_told_another_replica()
    {
        _frontend!.Gateway = One.Address;
        await using var view = await browser.OpenAsync();
        await view.Page.GotoAsync(_frontend.Address.AbsoluteUri);
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
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => StatusAsync(person, i % 2 == 0 ? One : Two)));
            answers.ShouldAllBe(status => status == HttpStatusCode.OK);
            One.Issuer.SignIn.Refreshes.ShouldBe(times);
            One.Clock.Advance(TimeSpan.FromSeconds(31)); // as the claim of Redis, which goes by its own clock, has run out
            await UnclaimAsync();
        }
    }

    [Fact]
    public async Task A_refresh_token_that_one_has_renewed_is_not_used_by_another_whatever_else_came_of_the_answer()
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
    public async Task While_redis_is_away_nobody_is_signed_out()
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

        // What Two has not seen it cannot know, and says so. What a token may, it may.
        using var unknown = Move(stranger, Two);
        using var answer = await unknown.GetAsync("/api/task-runs");
        var problem = await answer.ShouldBeProblemAsync(AccessProblems.SessionStoreUnavailable);
        problem.ShouldNotContainKey("login");
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        answer.Headers.WwwAuthenticate.ShouldBeEmpty();
        (await Two.ReadAsync(limit: 0)).Status.ShouldBe(HttpStatusCode.BadRequest);
        using var open = await unknown.GetAsync("/health/live");
        open.StatusCode.ShouldBe(HttpStatusCode.OK);

        // What would have to be written down is not done by halves.
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

        // Ten minutes later nobody is trusted any more; but nobody is told to sign in either.
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

    [Fact]
    public async Task Redis_holds_no_token_no_subject_and_no_key_in_clear()
    {
        One.Issuer.SignIn.User = "subject-canary";
        using var person = await SignedInAsync(One);
        One.Clock.Advance(TimeSpan.FromMinutes(5));
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        One.Issuer.SignIn.Refreshes.ShouldBe(1);

        var dump = await DumpAsync();

        dump.ShouldContain("nclue-gateway:session:");
        dump.ShouldContain("EncryptedData"); // of the key ring
        foreach (var secret in new[] { "canary", "Alice", "alice", "task-runs:read", "<value>", person.Session!, _sid })
        {
            dump.ShouldNotContain(secret, Case.Sensitive);
        }
    }

    [Fact]
    public async Task A_ticket_under_another_key_or_changed_opens_nothing()
    {
        using var person = await SignedInAsync(One);
        using var other = await SignedInAsync(One);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address + ",allowAdmin=true");
        var redis = connection.GetDatabase();
        var (mine, theirs) = (KeyOf(person), KeyOf(other));
        await redis.HashSetAsync(mine, "data", await redis.HashGetAsync(theirs, "data"));
        var changed = (byte[])(await redis.HashGetAsync(theirs, "data"))!;
        changed[^1] ^= 1;
        await redis.HashSetAsync(theirs, "data", changed);

        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(other, Two)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_two_replicas_have_put_back_at_the_same_moment_is_read_as_one()
    {
        using var person = await SignedInAsync(One);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        var redis = connection.GetDatabase();
        await redis.ListRightPushAsync("nclue-gateway:data-protection-keys", await redis.ListRangeAsync("nclue-gateway:data-protection-keys"));

        await using var three = await StartAnotherAsync();

        (await StatusAsync(person, three)).ShouldBe(HttpStatusCode.OK);
        using var there = await SignedInAsync(three);
        (await StatusAsync(there, One)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_another_certificate_people_sign_in_again_and_replicas_that_still_have_the_old_one_go_on_by_themselves()
    {
        using var person = await SignedInAsync(One);
        Settings["Auth:Session:DataProtectionCertificate"] = CreateCertificate(TimeProvider.System.GetUtcNow().AddDays(-1)); // run out: no matter
        await using var three = await StartAnotherAsync();
        await using var four = await StartAnotherAsync();

        (await StatusAsync(person, three)).ShouldBe(HttpStatusCode.Unauthorized);
        using var again = await SignedInAsync(three);
        (await StatusAsync(again, three)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(again, four)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(again, Two)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(person, Two)).ShouldBe(HttpStatusCode.OK);
        using var old = await SignedInAsync(Two);
        (await StatusAsync(old, One)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(old, four)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private string KeyOf(CookieClient person) => Prefix(One) + HashOf(person.Session!);

    private Task<GatewayHost> StartAnotherAsync() => One.StartReplicaAsync(Settings, One.Clock, environment: "Development");

    /// <summary>Until Redis is used again, by the replica's clock, and says that there is no such session.</summary>
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

    private async Task<string> DumpAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        var redis = connection.GetDatabase();
        var dump = new StringBuilder();
        foreach (var key in connection.GetServers()[0].Keys())
        {
            dump.Append(key).Append('\n');
            IEnumerable<RedisValue> values = await redis.KeyTypeAsync(key) switch
            {
                RedisType.Hash => (await redis.HashGetAllAsync(key)).SelectMany(entry => new[] { entry.Name, entry.Value }),
                RedisType.List => await redis.ListRangeAsync(key),
                _ => [await redis.StringGetAsync(key)],
            };
            foreach (var value in values)
            {
                dump.Append(Encoding.Latin1.GetString((byte[])value!)).Append('\n');
            }
        }

        return dump.ToString();
    }

    private string LogoutToken() => One.Issuer.SignIn.IssueLogoutToken(_sid, token => token.Claims.Remove("sub"));
}
