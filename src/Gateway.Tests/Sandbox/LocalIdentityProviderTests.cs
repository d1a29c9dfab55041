using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Tests.Sandbox;

public sealed class LocalIdentityProviderTests(LocalIdentityProviderTests.Running running)
    : IClassFixture<LocalIdentityProviderTests.Running>
{
    private const string Verifier = "a-verifier-of-at-least-forty-three-characters";
    private readonly LocalIdentityProvider _provider = running.Provider;
    private readonly HttpClient _http = running.Http;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Discovery_names_the_endpoints_on_loopback()
    {
        var discovered = await DiscoverAsync(_provider);

        discovered.Issuer.ShouldBe(_provider.Authority.AbsoluteUri);
        discovered.SigningKeys.ShouldHaveSingleItem().ShouldBeOfType<RsaSecurityKey>();
        string[] endpoints =
            [discovered.AuthorizationEndpoint, discovered.TokenEndpoint, discovered.UserInfoEndpoint, discovered.EndSessionEndpoint];
        endpoints.ShouldAllBe(endpoint => new Uri(endpoint).Host == "127.0.0.1");
    }

    [Fact]
    public async Task A_service_gets_a_token_that_the_published_keys_verify()
    {
        var token = await ValidAsync(_provider, await _provider.GetServiceTokenAsync(Token));

        token.Subject.ShouldBe("reporting");
        token.GetClaim("client_id").Value.ShouldBe("reporting");
        token.GetClaim("scope").Value.ShouldBe("task-runs:read");
        token.Audiences.ShouldBe(["nclue-gateway"]);
        (token.ValidTo - token.IssuedAt).ShouldBe(TimeSpan.FromHours(1), TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("reader", true)]
    [InlineData("outsider", false)]
    public async Task A_user_gets_the_scope_to_read_only_where_the_user_may(string user, bool mayRead)
    {
        var token = await ValidAsync(_provider, await _provider.GetUserTokenAsync(user, Token));

        token.Subject.ShouldBe(user);
        token.GetClaim("client_id").Value.ShouldBe("nclue-gateway");
        token.Audiences.ShouldBe(["nclue-gateway"]);
        token.GetClaim("scope").Value.Split(' ').Contains("task-runs:read").ShouldBe(mayRead);
    }

    [Fact]
    public async Task A_stranger_gets_nothing() =>
        await Should.ThrowAsync<HttpRequestException>(() => _provider.GetUserTokenAsync("stranger", Token));

    [Fact]
    public async Task A_wrong_client_secret_gets_nothing()
    {
        using var response = await PostTokenAsync(new()
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "reporting",
            ["client_secret"] = _provider.BrowserClientSecret,
        });

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_browser_client_cannot_be_used_by_a_service()
    {
        using var response = await PostTokenAsync(new()
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "nclue-gateway",
            ["client_secret"] = _provider.BrowserClientSecret,
        });

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_sign_in_page_has_a_button_for_each_user_and_carries_the_request_on()
    {
        using var response = await _http.GetAsync(Authorize(new() { ["state"] = "\"<b>&" }), Token);

        var page = await response.Content.ReadAsStringAsync(Token);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.ShouldContain("""<button name="user" value="reader">""");
        page.ShouldContain("""<button name="user" value="outsider">""");
        page.ShouldContain("""name="state" value="&quot;&lt;b&gt;&amp;">""");
        page.ShouldNotContain("<b>");
    }

    [Fact]
    public async Task Nobody_is_signed_in_in_silence()
    {
        using var response = await _http.GetAsync(Authorize(new() { ["prompt"] = "none" }), Token);

        response.Headers.Location!.Query.ShouldContain("error=login_required");
    }

    [Fact]
    public async Task A_redirect_must_be_registered_and_can_be_at_any_time()
    {
        var callback = new Uri("http://127.0.0.1:5999/session/callback");
        var request = new Dictionary<string, string?> { ["user"] = "reader", ["redirect_uri"] = callback.AbsoluteUri };
        using var before = await _http.GetAsync(Authorize(request), Token);

        await _provider.AllowRedirectsAsync([callback], [], Token);
        using var after = await _http.GetAsync(Authorize(request), Token);

        before.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        after.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(callback.AbsoluteUri);
    }

    [Fact]
    public async Task A_code_needs_its_verifier()
    {
        using var wrong = await ExchangeAsync(await CodeAsync("openid"), "another-verifier-of-at-least-forty-three-characters");
        using var right = await ExchangeAsync(await CodeAsync("openid"), Verifier);

        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_request_without_PKCE_is_refused()
    {
        var request = Authorize(new() { ["user"] = "reader", ["code_challenge"] = null, ["code_challenge_method"] = null });

        using var response = await _http.GetAsync(request, Token);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(Token)).ShouldContain("code_challenge");
    }

    [Fact]
    public async Task A_refresh_token_brings_a_new_access_token_with_the_same_rights()
    {
        var first = await ReadAsync(await ExchangeAsync(await CodeAsync("openid profile offline_access task-runs:read"), Verifier));

        var second = await ReadAsync(await PostTokenAsync(new()
        {
            ["grant_type"] = "refresh_token",
            ["client_id"] = "nclue-gateway",
            ["client_secret"] = _provider.BrowserClientSecret,
            ["refresh_token"] = first.GetProperty("refresh_token").GetString()!,
        }));

        var token = await ValidAsync(_provider, second.GetProperty("access_token").GetString()!);
        token.Subject.ShouldBe("reader");
        token.GetClaim("scope").Value.Split(' ').ShouldContain("task-runs:read");
        second.GetProperty("access_token").GetString().ShouldNotBe(first.GetProperty("access_token").GetString());
        new JsonWebToken(first.GetProperty("id_token").GetString()).GetClaim("name").Value.ShouldStartWith("Reader");
    }

    [Fact]
    public async Task User_info_tells_who_the_token_is_about()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "connect/userinfo");
        request.Headers.Authorization = new("Bearer", await _provider.GetUserTokenAsync("outsider", Token));

        var claims = await ReadAsync(await _http.SendAsync(request, Token));

        claims.GetProperty("sub").GetString().ShouldBe("outsider");
        claims.GetProperty("name").GetString()!.ShouldStartWith("Outsider");
        using var anonymous = await _http.GetAsync(new Uri("connect/userinfo", UriKind.Relative), Token);
        anonymous.IsSuccessStatusCode.ShouldBeFalse();
    }

    [Fact]
    public async Task Sign_out_leads_back_only_to_where_it_may()
    {
        var home = new Uri("http://127.0.0.1:5999/signed-out");
        await _provider.AllowRedirectsAsync([], [home], Token);

        using var known = await SignOutAsync(home.AbsoluteUri);
        using var unknown = await SignOutAsync("http://127.0.0.1:6000/");

        known.Headers.Location!.GetLeftPart(UriPartial.Path).ShouldBe(home.AbsoluteUri);
        known.Headers.Location.Query.ShouldContain("state=s1");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        Task<HttpResponseMessage> SignOutAsync(string uri) => _http.GetAsync(
            QueryHelpers.AddQueryString(
                "connect/logout",
                new Dictionary<string, string?> { ["post_logout_redirect_uri"] = uri, ["client_id"] = "nclue-gateway", ["state"] = "s1" }),
            Token);
    }

    [Fact]
    public async Task Two_providers_know_nothing_of_each_other()
    {
        await using var other = await LocalIdentityProvider.StartAsync(new() { AccessTokenLifetime = TimeSpan.FromMinutes(2) }, Token);

        var token = await other.GetServiceTokenAsync(Token);

        other.ServiceClientSecret.ShouldNotBe(_provider.ServiceClientSecret);
        var own = await ValidAsync(other, token);
        (own.ValidTo - own.IssuedAt).ShouldBe(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(2));
        (await ValidateAsync(_provider, token)).IsValid.ShouldBeFalse();
    }

    [Fact]
    public async Task Tokens_go_by_the_clock_that_was_given()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var other = await LocalIdentityProvider.StartAsync(new() { TimeProvider = time }, Token);
        var token = await other.GetUserTokenAsync("reader", Token);

        (await UserInfoAsync()).ShouldBe(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromHours(1.5));
        (await UserInfoAsync()).ShouldBe(HttpStatusCode.Unauthorized);
        new JsonWebToken(token).ValidTo.ShouldBe(new DateTime(2030, 1, 1, 1, 0, 0, DateTimeKind.Utc));

        async Task<HttpStatusCode> UserInfoAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(other.Authority, "connect/userinfo"));
            request.Headers.Authorization = new("Bearer", token);
            using var response = await _http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    private static Task<OpenIdConnectConfiguration> DiscoverAsync(LocalIdentityProvider provider) =>
        new ConfigurationManager<OpenIdConnectConfiguration>(
            new Uri(provider.Authority, ".well-known/openid-configuration").AbsoluteUri,
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = false }).GetConfigurationAsync(Token);

    private static async Task<TokenValidationResult> ValidateAsync(LocalIdentityProvider provider, string token)
    {
        var discovered = await DiscoverAsync(provider);
        return await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = discovered.Issuer,
            ValidAudience = "nclue-gateway",
            IssuerSigningKeys = discovered.SigningKeys,
            ValidTypes = ["at+jwt"],
        });
    }

    private static async Task<JsonWebToken> ValidAsync(LocalIdentityProvider provider, string token)
    {
        var result = await ValidateAsync(provider, token);
        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private static string Authorize(Dictionary<string, string?> changes)
    {
        var request = new Dictionary<string, string?>
        {
            ["client_id"] = "nclue-gateway",
            ["redirect_uri"] = LocalIdentityClient.RedirectUri.AbsoluteUri,
            ["response_type"] = "code",
            ["scope"] = "openid",
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes)
        {
            request[name] = value;
        }

        return QueryHelpers.AddQueryString("connect/authorize", request);
    }

    private async Task<string> CodeAsync(string scope)
    {
        using var response = await _http.GetAsync(Authorize(new() { ["user"] = "reader", ["scope"] = scope }), Token);
        return QueryHelpers.ParseQuery(response.Headers.Location!.Query)["code"].ToString();
    }

    private Task<HttpResponseMessage> ExchangeAsync(string code, string verifier) => PostTokenAsync(new()
    {
        ["grant_type"] = "authorization_code",
        ["client_id"] = "nclue-gateway",
        ["client_secret"] = _provider.BrowserClientSecret,
        ["redirect_uri"] = LocalIdentityClient.RedirectUri.AbsoluteUri,
        ["code"] = code,
        ["code_verifier"] = verifier,
    });

    private async Task<HttpResponseMessage> PostTokenAsync(Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        return await _http.PostAsync(new Uri("connect/token", UriKind.Relative), content, Token);
    }

    /// <summary>One provider for all tests of the class; each uses redirects of its own.</summary>
    public sealed class Running : IAsyncLifetime
    {
        internal LocalIdentityProvider Provider { get; private set; } = null!;

        internal HttpClient Http { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Provider = await LocalIdentityProvider.StartAsync(new(), Token);
            var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
            Http = new HttpClient(handler) { BaseAddress = Provider.Authority };
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await Provider.DisposeAsync();
        }
    }
}
