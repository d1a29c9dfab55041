using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

public sealed class ColdAccessTokenTests() : AccessTokenTests(isWarm: false);

public sealed class WarmAccessTokenTests() : AccessTokenTests(isWarm: true);

/// <summary>Contents and signatures of access tokens that are accepted or refused, over HTTP.</summary>
/// <param name="isWarm">True if the gateway has just accepted, and cached, a valid token of the same caller.</param>
public abstract class AccessTokenTests(bool isWarm) : AccessTokenHost(isWarm)
{
    [Fact]
    public async Task A_good_token_opens_the_gateway()
    {
        using var response = await Host.GetWithAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("alice");
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_may_be_written_in_any_case(string scheme)
    {
        using var response = await Host.GetAsync(scheme + " " + Host.Issuer.Issue());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("JWT")]
    [InlineData("at+jwt")]
    [InlineData("application/at+jwt")]
    [InlineData("AT+JWT")]
    public async Task The_types_of_an_access_token_are_accepted(string? type)
    {
        using var response = await Host.GetWithAsync(token =>
        {
            token.Header.Remove("typ");
            if (type is not null)
            {
                token.Header["typ"] = type;
            }
        });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    public async Task An_RSA_signature_is_accepted(string algorithm)
    {
        Host.Issuer.Key = TestKey.Rsa("rsa");
        Host.Issuer.Publish(Host.Issuer.Key);

        using var response = await Host.GetWithAsync(token => token.Header["alg"] = algorithm);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_without_the_id_of_its_key_is_tried_with_all_keys()
    {
        Host.Issuer.Publish(TestKey.Ecdsa("other"));

        using var response = await Host.GetWithAsync(token => token.Header.Remove("kid"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_of_several_audiences_is_enough()
    {
        using var response = await Host.GetWithAsync(token => token.Claims["aud"] = new JsonArray("other", "gateway"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_expired_token_is_accepted_for_one_minute_more()
    {
        var token = Host.Issuer.Issue(token => token.Claims["exp"] = Host.Time.GetUtcNow().ToUnixTimeSeconds());

        Host.Time.Advance(TimeSpan.FromSeconds(60));
        using var within = await Host.GetWithAsync(token);
        within.StatusCode.ShouldBe(HttpStatusCode.OK);

        Host.Time.Advance(TimeSpan.FromSeconds(1));
        using var beyond = await Host.GetWithAsync(token);
        await ShouldBeInvalidAsync(beyond, "The token has expired");
    }

    [Fact]
    public async Task A_token_is_accepted_one_minute_before_it_becomes_valid()
    {
        var token = Host.Issuer.Issue(token => token.Claims["nbf"] = Host.Time.GetUtcNow().ToUnixTimeSeconds() + 61);

        using var before = await Host.GetWithAsync(token);
        await ShouldBeInvalidAsync(before, "The token is not valid yet");

        Host.Time.Advance(TimeSpan.FromSeconds(1));
        using var within = await Host.GetWithAsync(token);
        within.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public Task A_token_with_the_algorithm_none_is_refused() => ShouldRefuseAsync(
        "The token's signature is not valid",
        token =>
        {
            token.Header["alg"] = "none";
            token.Sign = _ => [];
        });

    [Fact]
    public async Task A_token_whose_signature_was_cut_off_is_refused()
    {
        var token = Host.Issuer.Issue();

        using var empty = await Host.GetWithAsync(token[..(token.LastIndexOf('.') + 1)]);
        await ShouldBeInvalidAsync(empty, "The token's signature is not valid");

        using var missing = await Host.GetWithAsync(token[..token.LastIndexOf('.')]);
        await ShouldBeInvalidAsync(missing, "The token cannot be read");
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("HS512")]
    public async Task The_public_key_is_no_secret_to_sign_with(string algorithm)
    {
        Host.Issuer.Key = TestKey.Rsa("rsa");
        Host.Issuer.Publish(Host.Issuer.Key);

        await ShouldRefuseAsync("The token's signature is not valid", token =>
        {
            token.Header["alg"] = algorithm;
            token.Sign = bytes => algorithm == "HS256"
                ? HMACSHA256.HashData(token.Key.PublicPem(), bytes)
                : HMACSHA512.HashData(token.Key.PublicPem(), bytes);
        });
    }

    [Fact]
    public Task A_known_key_id_with_the_signature_of_another_key_is_refused() => ShouldRefuseAsync(
        "The token's signature is not valid",
        token => token.Key = TestKey.Ecdsa("mine"));

    [Fact]
    public async Task A_changed_claim_breaks_the_signature()
    {
        await WarmUpAsync();
        var (good, admin) = (Host.Issuer.Issue().Split('.'), Host.Issuer.Issue(token => token.Claims["sub"] = "admin").Split('.'));

        using var response = await Host.GetWithAsync($"{good[0]}.{admin[1]}.{good[2]}");

        await ShouldBeInvalidAsync(response, "The token's signature is not valid");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("")]
    [InlineData(null)]
    public Task Another_issuer_is_refused(string? issuer) => ShouldRefuseAsync(
        "The token comes from another issuer",
        token => token.Claims["iss"] = issuer);

    [Theory]
    [InlineData("other")]
    [InlineData("gateway/")]
    [InlineData("Gateway")]
    [InlineData(null)]
    public Task Another_audience_is_refused(string? audience) => ShouldRefuseAsync(
        "The token is meant for another audience",
        token => token.Claims["aud"] = audience);

    [Fact]
    public Task A_token_without_an_expiry_is_refused() =>
        ShouldRefuseAsync("The token has no expiry", token => token.Claims.Remove("exp"));

    [Fact]
    public async Task An_expiry_that_is_no_time_is_refused()
    {
        using var word = await Host.GetWithAsync(token => token.Claims["exp"] = "tomorrow");
        using var nothing = await Host.GetWithAsync(token => token.Claims["exp"] = null);
        using var endless = await Host.GetWithAsync(token => token.Claims["exp"] = JsonNode.Parse("1e400"));

        await word.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        await nothing.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        await endless.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("at_hash")]
    public Task An_id_token_is_refused(string claim) => ShouldRefuseAsync(
        "An id token is not an access token",
        token =>
        {
            token.Header["typ"] = "JWT";
            token.Claims[claim] = "n-0S6_WzA2Mj";
        });

    [Fact]
    public async Task A_logout_token_is_refused()
    {
        await ShouldRefuseAsync("The token's type is not that of an access token", token => token.Header["typ"] = "logout+jwt");
        await ShouldRefuseAsync("A logout token is not an access token", token => token.Claims["events"] = new JsonObject
        {
            ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject(),
        });
    }
}
