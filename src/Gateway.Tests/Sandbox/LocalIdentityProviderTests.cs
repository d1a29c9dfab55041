using System.Net;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Tests.Sandbox;

/// <summary>Metadata, tokens and user info of the local identity provider.</summary>
public sealed class LocalIdentityProviderTests(LocalIdentityProviderContext.Running running)
    : LocalIdentityProviderContext(running), IClassFixture<LocalIdentityProviderContext.Running>
{
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
    public async Task User_info_returns_the_user_of_the_token()
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
}
