using System.Net;
using System.Text.Json.Nodes;
using NclueGateway.Access.Bearer;
using NclueGateway.Http;
using NclueGateway.Tests.Http;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.Access;

/// <summary>Checks that the library does not make on a signed token (RFC 7515, RFC 7518, RFC 7800), over HTTP.</summary>
public sealed class TokenFormTests : IAsyncLifetime
{
    private AccessHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AccessHost.StartAsync();
        await _host.WarmUpAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("ES256", "P-256")]
    [InlineData("ES384", "P-384")]
    [InlineData("ES512", "P-521")]
    public async Task An_ECDSA_signature_is_accepted_with_the_curve_of_its_algorithm_and_no_other(string algorithm, string own)
    {
        var keys = new[] { "P-256", "P-384", "P-521" }.ToDictionary(curve => curve, curve => TestKey.Ecdsa(curve, curve));
        foreach (var key in keys.Values)
        {
            _host.Issuer.Publish(key);
        }

        foreach (var (curve, key) in keys)
        {
            _host.Issuer.Key = key;
            foreach (var hasKeyId in new[] { true, false })
            {
                using var response = await _host.GetWithAsync(token =>
                {
                    token.Header["alg"] = algorithm;
                    if (!hasKeyId)
                    {
                        token.Header.Remove("kid");
                    }
                });

                response.StatusCode.ShouldBe(curve == own ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, $"{curve}, {hasKeyId}");
            }
        }
    }

    [Theory]
    [InlineData("RS256", 2048, HttpStatusCode.OK)]
    [InlineData("RS256", 1024, HttpStatusCode.Unauthorized)]
    [InlineData("RS512", 2040, HttpStatusCode.Unauthorized)]
    [InlineData("PS256", 1024, HttpStatusCode.Unauthorized)]
    public async Task An_RSA_key_has_2048_bits(string algorithm, int bits, HttpStatusCode expected)
    {
        _host.Issuer.Publish(_host.Issuer.Key = TestKey.Rsa("rsa", bits));

        using var response = await _host.GetWithAsync(token => token.Header["alg"] = algorithm);

        response.StatusCode.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""["http://example.test/unknown"]""")]
    [InlineData("""["b64"]""")]
    [InlineData("""["exp"]""")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    public Task A_token_with_a_critical_extension_is_refused(string crit) => ShouldRefuseAsync(
        "The token requires an extension that the gateway does not support",
        token =>
        {
            token.Header["crit"] = JsonNode.Parse(crit);
            token.Header["http://example.test/unknown"] = true;
            token.Header["b64"] = true;
        });

    [Theory]
    [InlineData("{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}")]
    [InlineData("{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}")]
    [InlineData("{}")]
    [InlineData("null")]
    public Task A_token_that_is_bound_to_a_key_is_refused(string confirmation) => ShouldRefuseAsync(
        "The token is bound to a key and is not a bearer token",
        token => token.Claims["cnf"] = JsonNode.Parse(confirmation));

    [Theory]
    [InlineData("{0}x")]
    [InlineData("{0}{0}")]
    [InlineData("{0},")]
    [InlineData("{0}\0")]
    [InlineData("{0}/**/")]
    [InlineData("[{0}]")]
    [InlineData("\uFEFF{0}")]
    public async Task A_part_that_is_not_exactly_one_JSON_object_is_refused(string form)
    {
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteClaims = text => form.Replace("{0}", text));
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteHeader = text => form.Replace("{0}", text));
    }

    [Fact]
    public async Task A_name_that_comes_twice_is_refused()
    {
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteClaims = text => text[..^1] + ",\"sub\":\"admin\"}");
        await ShouldRefuseAsync(
            "The token cannot be read",
            token => token.RewriteClaims = text => text[..^1] + ",\"s\\u0075b\":\"admin\"}");
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteHeader = text => text[..^1] + ",\"alg\":\"ES256\"}");
    }

    [Fact]
    public async Task A_name_that_is_no_text_is_refused() // half of a surrogate pair
    {
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteClaims = text => text[..^1] + ",\"\\ud800\":1}");
        await ShouldRefuseAsync("The token cannot be read", token => token.RewriteHeader = text => text[..^1] + ",\"\\ud800\":1}");
    }

    [Fact]
    public async Task White_space_around_a_part_is_accepted()
    {
        using var response = await _host.GetWithAsync(token =>
        {
            token.RewriteClaims = text => $"\r\n {text}\t";
            token.RewriteHeader = text => $" {text}\n";
        });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_over_16_kB_is_refused_before_it_is_parsed_and_without_a_fetch()
    {
        var keyFetches = _host.Issuer.KeyFetches;

        using var unreadable = await _host.GetWithAsync(new string('x', TokenCache.LongestToken + 1));
        await ShouldBeInvalidAsync(unreadable, "The token is longer than 16 kB");
        using var good = await _host.GetWithAsync(token => token.Claims["padding"] = new string('x', 12_500));
        await ShouldBeInvalidAsync(good, "The token is longer than 16 kB");

        _host.Issuer.KeyFetches.ShouldBe(keyFetches);
        using var longest = await _host.GetWithAsync(token => token.Claims["padding"] = new string('x', 11_000));
        longest.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task ShouldRefuseAsync(string description, Action<TokenDraft> change)
    {
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
