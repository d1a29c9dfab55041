using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

public sealed class ColdAccessTokenTests() : AccessTokenTests(isWarm: false);

public sealed class WarmAccessTokenTests() : AccessTokenTests(isWarm: true);

/// <summary>Which tokens open the gateway, and which do not, over HTTP.</summary>
/// <param name="isWarm">Whether the gateway has just accepted a good token of the same caller, and knows it.</param>
public abstract class AccessTokenTests(bool isWarm) : IAsyncLifetime
{
    private AccessHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AccessHost.StartAsync();
        await WarmUpAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_good_token_opens_the_gateway()
    {
        using var response = await _host.GetWithAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("alice");
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_may_be_written_in_any_case(string scheme)
    {
        using var response = await _host.GetAsync(scheme + " " + _host.Issuer.Issue());

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
        using var response = await _host.GetWithAsync(token =>
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
        _host.Issuer.Key = TestKey.Rsa("rsa");
        _host.Issuer.Publish(_host.Issuer.Key);

        using var response = await _host.GetWithAsync(token => token.Header["alg"] = algorithm);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_without_the_id_of_its_key_is_tried_with_all_keys()
    {
        _host.Issuer.Publish(TestKey.Ecdsa("other"));

        using var response = await _host.GetWithAsync(token => token.Header.Remove("kid"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_of_several_audiences_is_enough()
    {
        using var response = await _host.GetWithAsync(token => token.Claims["aud"] = new JsonArray("other", "gateway"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_expired_token_is_accepted_for_one_minute_more()
    {
        var token = _host.Issuer.Issue(token => token.Claims["exp"] = _host.Time.GetUtcNow().ToUnixTimeSeconds());

        _host.Time.Advance(TimeSpan.FromSeconds(60));
        using var within = await _host.GetWithAsync(token);
        within.StatusCode.ShouldBe(HttpStatusCode.OK);

        _host.Time.Advance(TimeSpan.FromSeconds(1));
        using var beyond = await _host.GetWithAsync(token);
        await ShouldBeInvalidAsync(beyond, "The token has expired");
    }

    [Fact]
    public async Task A_token_is_accepted_one_minute_before_it_becomes_valid()
    {
        var token = _host.Issuer.Issue(token => token.Claims["nbf"] = _host.Time.GetUtcNow().ToUnixTimeSeconds() + 61);

        using var before = await _host.GetWithAsync(token);
        await ShouldBeInvalidAsync(before, "The token is not valid yet");

        _host.Time.Advance(TimeSpan.FromSeconds(1));
        using var within = await _host.GetWithAsync(token);
        within.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public Task A_token_that_says_it_needs_no_signature_is_refused() => ShouldRefuseAsync(
        "The token's signature is not valid",
        token =>
        {
            token.Header["alg"] = "none";
            token.Sign = _ => [];
        });

    [Fact]
    public async Task A_token_whose_signature_was_cut_off_is_refused()
    {
        var token = _host.Issuer.Issue();

        using var empty = await _host.GetWithAsync(token[..(token.LastIndexOf('.') + 1)]);
        await ShouldBeInvalidAsync(empty, "The token's signature is not valid");

        using var missing = await _host.GetWithAsync(token[..token.LastIndexOf('.')]);
        await ShouldBeInvalidAsync(missing, "The token cannot be read");
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("HS512")]
    public async Task The_public_key_is_no_secret_to_sign_with(string algorithm)
    {
        _host.Issuer.Key = TestKey.Rsa("rsa");
        _host.Issuer.Publish(_host.Issuer.Key);

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
        var (good, admin) = (_host.Issuer.Issue().Split('.'), _host.Issuer.Issue(token => token.Claims["sub"] = "admin").Split('.'));

        using var response = await _host.GetWithAsync($"{good[0]}.{admin[1]}.{good[2]}");

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
    public Task A_token_without_an_expiry_is_refused() => ShouldRefuseAsync("The token has no expiry", token => token.Claims.Remove("exp"));

    [Fact]
    public async Task An_expiry_that_is_no_time_is_refused()
    {
        using var word = await _host.GetWithAsync(token => token.Claims["exp"] = "tomorrow");
        using var nothing = await _host.GetWithAsync(token => token.Claims["exp"] = null);
        using var endless = await _host.GetWithAsync(token => token.Claims["exp"] = JsonNode.Parse("1e400"));

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

    [Fact]
    public async Task Two_Authorization_headers_are_refused_even_if_both_are_good()
    {
        var header = "Authorization: Bearer " + _host.Issuer.Issue();
        if (isWarm)
        {
            using var alone = await _host.GetAsync(header["Authorization: ".Length..]);
            alone.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var lines = await _host.SendRawAsync($"GET {AccessHost.Protected} HTTP/1.1", header, header);
        lines.ShouldStartWith("HTTP/1.1 401 ");
        lines.ShouldContain("WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"More than one Authorization header\"\r\n");

        using var joined = await _host.GetAsync(header["Authorization: ".Length..] + ", " + header["Authorization: ".Length..]);
        await ShouldBeInvalidAsync(joined, "The token cannot be read");
    }

    [Theory]
    [InlineData("Bearer x")]
    [InlineData("Bearer ..")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer e30.e30.e30")]
    [InlineData("Bearer a.b.c.d.e")]
    public async Task What_is_no_token_is_refused(string authorization)
    {
        using var response = await _host.GetAsync(authorization);

        response.Challenge().ShouldStartWith("Bearer error=\"invalid_token\", error_description=\"The token");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Theory]
    [InlineData]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWxpY2U6c2VjcmV0")]
    [InlineData("DPoP e30.e30.e30")]
    public async Task Without_a_bearer_token_the_challenge_names_no_error(params string[] authorization)
    {
        using var response = await _host.GetAsync(authorization);

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("token")]
    public async Task A_token_in_the_query_counts_as_none(string parameter)
    {
        using var response = await _host.SendAsync(HttpMethod.Get, $"{AccessHost.Protected}?{parameter}={_host.Issuer.Issue()}");

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Fact]
    public async Task A_token_in_a_form_or_a_cookie_counts_as_none()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AccessHost.Protected)
        {
            Content = new FormUrlEncodedContent([new("access_token", _host.Issuer.Issue())]),
        };
        request.Headers.Add("Cookie", "access_token=" + _host.Issuer.Issue());

        using var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        response.Challenge().ShouldBe("Bearer");
        await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
    }

    [Fact]
    public async Task A_token_of_100_kB_is_refused_before_it_is_looked_at()
    {
        using var response = await _host.GetWithAsync(token => token.Claims["padding"] = new string('x', 75_000));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    [Fact]
    public async Task A_refusal_repeats_nothing_of_the_token_and_logs_nothing_of_it()
    {
        var token = _host.Issuer.Issue(token => token.Claims["aud"] = "canary-audience");
        using var response = await _host.GetWithAsync(token);

        var body = (await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated)).ToJsonString();
        foreach (var secret in token.Split('.').Append("canary-audience"))
        {
            body.ShouldNotContain(secret);
            response.Headers.ToString().ShouldNotContain(secret);
        }

        var signature = token.Split('.')[2];
        _host.Logs.GetSnapshot().Select(entry => entry.Message + entry.Exception).ShouldAllBe(entry => !entry.Contains(signature));
    }

    [Fact]
    public async Task The_framework_s_own_settings_cannot_bring_in_another_issuer()
    {
        await using var other = await TestIssuer.StartAsync(_host.Time);
        var settings = new Dictionary<string, string?>
        {
            ["Authentication:Schemes:Bearer:Authority"] = other.Address,
            ["Authentication:Schemes:Bearer:RequireHttpsMetadata"] = "false",
        };
        await using var host = await AccessHost.StartAsync(settings: settings);

        using var theirs = await host.GetWithAsync(other.Issue());
        using var ours = await host.GetWithAsync();

        await theirs.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        ours.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private Task WarmUpAsync() => isWarm ? _host.WarmUpAsync() : Task.CompletedTask;

    private async Task ShouldRefuseAsync(string description, Action<TokenDraft> change)
    {
        await WarmUpAsync(); // with the key that the test has chosen
        using var response = await _host.GetWithAsync(change);
        await ShouldBeInvalidAsync(response, description);
    }

    private static async Task ShouldBeInvalidAsync(HttpResponseMessage response, string description)
    {
        response.Challenge().ShouldBe($"Bearer error=\"invalid_token\", error_description=\"{description}\"");
        var body = await response.ShouldBeProblemAsync(AccessProblems.Unauthenticated);
        body["detail"]!.GetValue<string>().ShouldBe(description + ".");
    }
}
