using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Sandbox.Identity;

namespace NclueGateway.Tests.Sandbox;

/// <summary>Requests to a local identity provider that the tests of a class share.</summary>
public abstract class LocalIdentityProviderContext(LocalIdentityProviderContext.Running running)
{
    private protected const string Verifier = "a-verifier-of-at-least-forty-three-characters";
    private protected readonly LocalIdentityProvider _provider = running.Provider;
    private protected readonly HttpClient _http = running.Http;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected static Task<OpenIdConnectConfiguration> DiscoverAsync(LocalIdentityProvider provider) =>
        new ConfigurationManager<OpenIdConnectConfiguration>(
            new Uri(provider.Authority, ".well-known/openid-configuration").AbsoluteUri,
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = false }).GetConfigurationAsync(Token);

    private protected static async Task<TokenValidationResult> ValidateAsync(LocalIdentityProvider provider, string token)
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

    private protected static async Task<JsonWebToken> ValidAsync(LocalIdentityProvider provider, string token)
    {
        var result = await ValidateAsync(provider, token);
        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }

    private protected static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private protected static string Authorize(Dictionary<string, string?> changes)
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

    private protected async Task<string> CodeAsync(string scope)
    {
        using var response = await _http.GetAsync(Authorize(new() { ["user"] = "reader", ["scope"] = scope }), Token);
        return QueryHelpers.ParseQuery(response.Headers.Location!.Query)["code"].ToString();
    }

    private protected Task<HttpResponseMessage> ExchangeAsync(string code, string verifier) => PostTokenAsync(new()
    {
        ["grant_type"] = "authorization_code",
        ["client_id"] = "nclue-gateway",
        ["client_secret"] = _provider.BrowserClientSecret,
        ["redirect_uri"] = LocalIdentityClient.RedirectUri.AbsoluteUri,
        ["code"] = code,
        ["code_verifier"] = verifier,
    });

    private protected async Task<HttpResponseMessage> PostTokenAsync(Dictionary<string, string> form)
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
