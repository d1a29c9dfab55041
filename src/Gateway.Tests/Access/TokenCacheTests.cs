using System.Buffers.Text;
using System.Net;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>
/// Conditions under which a cached token is validated again. <see cref="WarmAccessTokenTests"/> checks the refusals.
/// </summary>
public sealed class TokenCacheTests : IAsyncLifetime
{
    private AccessHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AccessHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_token_is_checked_once_and_stands_for_the_same_caller_each_time()
    {
        var (alice, bob) = (_host.Issuer.Issue(), _host.Issuer.Issue(token => token.Claims["sub"] = "bob"));

        for (var i = 0; i < 3; i++)
        {
            (await SubjectAsync(alice)).ShouldBe("alice");
            (await SubjectAsync(bob)).ShouldBe("bob");
        }

        _host.Validations.ShouldBe(2);
    }

    [Fact]
    public async Task Of_a_token_that_is_known_the_framework_is_not_asked_and_of_any_other_it_is()
    {
        await using var host = await AccessHost.StartAsync(map: app => app
            .MapGet("/asked", (HttpContext context) => context.Features.Get<IAuthenticationFeature>() is not null)
            .RequireAuthorization());
        var token = "Bearer " + host.Issuer.Issue();

        (await AskedAsync()).ShouldBe("true");
        (await AskedAsync()).ShouldBe("false");

        using var anonymous = await host.SendAsync(HttpMethod.Get, "/asked");
        anonymous.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        async Task<string> AskedAsync()
        {
            using var response = await host.SendAsync(HttpMethod.Get, "/asked", token);
            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task After_five_minutes_it_is_checked_again()
    {
        var token = Issue(TimeSpan.FromHours(1));
        await ShouldBeCheckedAsync(token);

        _host.Time.Advance(TokenCache.KeepFor - TimeSpan.FromMilliseconds(1));
        await ShouldBeKnownAsync(token);

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ShouldBeCheckedAsync(token);
        await ShouldBeKnownAsync(token);
    }

    [Fact]
    public async Task From_its_expiry_on_it_is_checked_each_time_and_a_minute_later_refused()
    {
        var token = Issue(TimeSpan.FromSeconds(30));
        await ShouldBeCheckedAsync(token);

        _host.Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        await ShouldBeKnownAsync(token);

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ShouldBeCheckedAsync(token);
        await ShouldBeCheckedAsync(token);

        _host.Time.Advance(TokenValidation.ClockSkew + TimeSpan.FromMilliseconds(1));
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task One_character_changed_makes_it_another_token()
    {
        var token = _host.Issuer.Issue();
        await ShouldBeCheckedAsync(token);
        await ShouldBeKnownAsync(token);

        for (var at = 0; at < token.Length - 1; at += 5) // not the last character: base64url leaves some of its bits unused
        {
            var changed = $"{token[..at]}{(token[at] == 'A' ? 'B' : 'A')}{token[(at + 1)..]}";
            (await StatusAsync(changed)).ShouldBe(HttpStatusCode.Unauthorized, $"at {at}");
        }

        await ShouldBeKnownAsync(token);
    }

    [Fact]
    public async Task A_key_rollover_ends_what_the_old_key_had_signed()
    {
        var token = Issue(TimeSpan.FromHours(1));
        await ShouldBeCheckedAsync(token);
        _host.Time.Advance(OidcMetadataCache.LeastInterval);

        _host.Issuer.RollOver(TestKey.Rsa("second"));
        await ShouldBeKnownAsync(token); // the gateway cannot know of the withdrawal yet
        await ShouldBeCheckedAsync(_host.Issuer.Issue());

        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Known_tokens_too_have_the_keys_fetched_every_hour()
    {
        var token = Issue(TimeSpan.FromHours(3));
        await ShouldBeCheckedAsync(token);
        _host.Time.Advance(OidcMetadataCache.RefreshAfter - TimeSpan.FromSeconds(1));
        await ShouldBeCheckedAsync(token);

        _host.Issuer.RollOver(TestKey.Ecdsa("second"));
        _host.Time.Advance(TimeSpan.FromSeconds(1));

        await ShouldBeKnownAsync(token); // and starts a fetch of the keys
        for (var attempt = 0; await StatusAsync(token) == HttpStatusCode.OK; attempt++)
        {
            attempt.ShouldBeLessThan(1_000);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_refusal_is_not_remembered()
    {
        var early = _host.Issuer.Issue(token => token.Claims["nbf"] = _host.Time.GetUtcNow().ToUnixTimeSeconds() + 70);
        _host.Issuer.Mood = IssuerMood.Fails;
        var good = _host.Issuer.Issue();
        (await StatusAsync(good)).ShouldBe(HttpStatusCode.Unauthorized);
        _host.Issuer.Mood = IssuerMood.Responds;
        _host.Time.Advance(OidcMetadataCache.LeastInterval - TimeSpan.FromMilliseconds(1));
        (await StatusAsync(early)).ShouldBe(HttpStatusCode.Unauthorized);

        _host.Time.Advance(TimeSpan.FromMilliseconds(1));

        await ShouldBeCheckedAsync(good);
        await ShouldBeCheckedAsync(early);
    }

    [Fact]
    public async Task The_longest_token_that_is_accepted_is_kept()
    {
        var longest = _host.Issuer.Issue(token => token.Claims["padding"] = new string('x', 11_000));

        await ShouldBeCheckedAsync(longest);
        await ShouldBeKnownAsync(longest);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Tokens_stay_known_when_the_keys_are_fetched_again_and_are_the_same(string algorithm)
    {
        _host.Issuer.RollOver(algorithm == "RS256" ? TestKey.Rsa("key") : TestKey.Ecdsa("key"));
        var token = Issue(TimeSpan.FromHours(1));
        await ShouldBeCheckedAsync(token);

        for (var i = 0; i < 3; i++)
        {
            _host.Time.Advance(OidcMetadataCache.LeastInterval);
            var fetches = _host.Issuer.KeyFetches;
            var unknown = _host.Issuer.Issue(draft => (draft.Key, draft.Header["kid"]) = (TestKey.Ecdsa("stranger"), $"unknown-{i}"));
            (await StatusAsync(unknown)).ShouldBe(HttpStatusCode.Unauthorized);
            _host.Issuer.KeyFetches.ShouldBe(fetches + 1);

            await ShouldBeKnownAsync(token);
        }
    }

    [Fact]
    public async Task Another_key_under_the_same_id_ends_what_the_old_key_had_signed()
    {
        var token = Issue(TimeSpan.FromHours(1));
        await ShouldBeCheckedAsync(token);
        _host.Time.Advance(OidcMetadataCache.LeastInterval);

        _host.Issuer.Publish(_host.Issuer.Key = TestKey.Ecdsa(_host.Issuer.Key.Id));
        var unknown = _host.Issuer.Issue(draft => (draft.Key, draft.Header["kid"]) = (TestKey.Ecdsa("stranger"), "unknown"));
        (await StatusAsync(unknown)).ShouldBe(HttpStatusCode.Unauthorized);

        (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public void However_many_tokens_come_no_more_are_held_than_may_be_and_those_in_use_stay()
    {
        var time = new FakeTimeProvider();
        var validated = new TokenCache(time);
        var key = new SymmetricSecurityKey(new byte[32]);
        var issuer = new OpenIdConnectConfiguration { SigningKeys = { key } };
        var caller = new AuthenticatedCaller(new ClaimsPrincipal(), new("client", "subject"), new HashSet<Permission>());
        validated.Keep(Token(-1), caller);
        validated.Keep(Token(-2), caller);

        for (var i = 0; i < 3 * TokenCache.MostTokens; i++)
        {
            validated.Keep(Token(i), caller);
            validated.Find(Token(-1).EncodedToken, issuer)!.Caller.ShouldBe(caller);
            validated.Count.ShouldBeLessThanOrEqualTo(TokenCache.MostTokens);
        }

        validated.Find(Token(-2).EncodedToken, issuer).ShouldBeNull();
        validated.Find(Token(-1).EncodedToken, new()).ShouldBeNull();

        JsonWebToken Token(int id)
        {
            var claims = $$"""{"exp":{{time.GetUtcNow().AddHours(1).ToUnixTimeSeconds()}},"jti":"{{id}}"}""";
            return new($"e30.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(claims))}.") { SigningKey = key };
        }
    }

    private string Issue(TimeSpan lifetime) => _host.Issuer.Issue(token =>
        token.Claims["exp"] = (_host.Time.GetUtcNow() + lifetime).ToUnixTimeSeconds());

    private Task ShouldBeCheckedAsync(string token) => ShouldBeAcceptedAsync(token, checks: 1);

    private Task ShouldBeKnownAsync(string token) => ShouldBeAcceptedAsync(token, checks: 0);

    private async Task ShouldBeAcceptedAsync(string token, int checks)
    {
        var before = _host.Validations;
        (await StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
        _host.Validations.ShouldBe(before + checks);
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var response = await _host.GetWithAsync(token);
        return response.StatusCode;
    }

    private async Task<string> SubjectAsync(string token)
    {
        using var response = await _host.GetWithAsync(token);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
