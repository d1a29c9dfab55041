using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>Sessions that the provider ends (OpenID Connect Back-Channel Logout 1.0).</summary>
public sealed class BackChannelLogoutTests : IAsyncLifetime
{
    private const string AccessTokenIssuer = "http://adfs.example.com/adfs/services/trust";

    private GatewayHost? _gateway;
    private string _sid = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private GatewayHost Gateway => _gateway!;

    public async ValueTask InitializeAsync() => _gateway = await SessionHost.StartAsync(issuer =>
    {
        issuer.SignIn.Metadata["access_token_issuer"] = AccessTokenIssuer;
        issuer.SignIn.ChangeIdToken = token => _sid = (string)token.Claims["sid"]!;
    });

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    [Fact]
    public async Task It_ends_the_session_that_it_names_and_no_other()
    {
        using var other = await SignedInAsync();
        using var browser = await SignedInAsync();

        using var response = await PostAsync(LogoutToken(token => token.Claims.Remove("sub")));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await other.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_ends_all_sessions_that_a_person_has_and_none_that_they_begin_later()
    {
        using var one = await SignedInAsync();
        using var two = await SignedInAsync();
        Gateway.Issuer.SignIn.User = "bob";
        using var bob = await SignedInAsync();
        Gateway.Issuer.SignIn.User = "alice";

        using var response = await PostAsync(LogoutToken(token => token.Claims.Remove("sid")));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await one.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await two.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await bob.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        Gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        using var later = await SignedInAsync();
        (await later.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("JWT")]
    [InlineData(null)]
    [InlineData("logout+jwt")]
    [InlineData("application/logout+jwt")]
    public async Task Its_type_may_be_left_out(string? type)
    {
        using var browser = await SignedInAsync();

        using var response = await PostAsync(LogoutToken(token => token.Header["typ"] = type));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_is_not_good_ends_nothing()
    {
        using var browser = await SignedInAsync();
        var now = Gateway.Clock.GetUtcNow();
        var stranger = TestKey.Ecdsa(Gateway.Issuer.Key.Id);
        (string Fault, Action<TokenDraft> Make)[] faults =
        [
            ("signature", token => token.Key = stranger),
            ("no signature", token => (token.Header["alg"], token.Sign) = ("none", _ => [])),
            ("issuer", token => token.Claims["iss"] = "https://another.example"),
            ("audience", token => token.Claims["aud"] = "another-client"),
            ("audience of access tokens", token => token.Claims["aud"] = "gateway"),
            ("too old", token => token.Claims["iat"] = now.AddSeconds(-121).ToUnixTimeSeconds()),
            ("of the future", token => token.Claims["iat"] = now.AddSeconds(61).ToUnixTimeSeconds()),
            ("no iat", token => token.Claims.Remove("iat")),
            ("expired", token => token.Claims["exp"] = now.AddSeconds(-61).ToUnixTimeSeconds()),
            ("no events", token => token.Claims.Remove("events")),
            (
                "events of another kind",
                token => token.Claims["events"] = new JsonObject { ["http://schemas.openid.net/event/other"] = new JsonObject() }),
            ("events as text", token => token.Claims["events"] = "http://schemas.openid.net/event/backchannel-logout"),
            (
                "event as text",
                token => token.Claims["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = "x" }),
            ("nonce", token => token.Claims["nonce"] = "n"),
            ("no jti", token => token.Claims.Remove("jti")),
            ("nobody", token =>
            {
                token.Claims.Remove("sub");
                token.Claims.Remove("sid");
            }),
            ("critical extension", token => token.Header["crit"] = new JsonArray("exp")),
            ("text behind the claims", token => token.RewriteClaims = claims => claims + "x"),
            ("half of a character in a name", token => token.RewriteClaims = claims => claims[..^1] + ",\"\\ud800\":1}"),
            ("text behind the header", token => token.RewriteHeader = header => header + "{}"),
            ("another curve's algorithm", token => token.Header["alg"] = "ES512"),
            ("the issuer of access tokens", token => token.Claims["iss"] = AccessTokenIssuer),
            ("an access token's type", token => token.Header["typ"] = "at+jwt"),
        ];

        foreach (var (fault, make) in faults)
        {
            using var response = await PostAsync(LogoutToken(make));
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, fault);
            await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
        }

        using var idToken = await PostAsync(Gateway.Issuer.Issue(token => token.Claims["aud"] = TestSignIn.ClientId));
        await idToken.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_counts_once()
    {
        var token = LogoutToken(token => token.Claims.Remove("sid"));
        (await PostAsync(token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        using var browser = await SignedInAsync();

        for (var i = 0; i < 3; i++)
        {
            using var again = await PostAsync(token);
            await again.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
            Gateway.Clock.Advance(TimeSpan.FromSeconds(59));
        }

        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whatever_else_is_posted_is_a_problem()
    {
        using var http = Gateway.CreateAnonymousClient();
        foreach (var body in new HttpContent[]
        {
            new StringContent("{}", null, "application/json"),
            new ByteArrayContent([]),
            new FormUrlEncodedContent([]),
            new FormUrlEncodedContent([new("logout_token", "")]),
            new FormUrlEncodedContent([new("logout_token", "x.y.z")]),
            new FormUrlEncodedContent([new("logout_token", LogoutToken()), new("logout_token", LogoutToken())]),
        })
        {
            using var response = await http.PostAsync("/session/backchannel-logout", body, Ct);
            await response.ShouldBeProblemAsync(HttpProblems.InvalidRequest);
        }

        Gateway.Logs.GetSnapshot().ShouldNotContain(log => log.Level >= LogLevel.Error);
    }

    private string LogoutToken(Action<TokenDraft>? change = null) => Gateway.Issuer.SignIn.IssueLogoutToken(_sid, change);

    private async Task<HttpResponseMessage> PostAsync(string token)
    {
        using var http = Gateway.CreateAnonymousClient();
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        return await http.PostAsync("/session/backchannel-logout", form, Ct);
    }

    private async Task<CookieClient> SignedInAsync()
    {
        var browser = new CookieClient(Gateway.Address);
        await browser.SignInAsync();
        (await browser.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        return browser;
    }
}
