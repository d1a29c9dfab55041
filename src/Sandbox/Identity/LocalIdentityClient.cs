using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>Gets tokens from <see cref="LocalIdentityProvider"/> over HTTP, as its clients do.</summary>
internal sealed class LocalIdentityClient(LocalIdentityProvider provider) : IDisposable
{
    /// <summary>
    /// Redirect address of the authorization code flow. No server listens there: the code is read from the redirect.
    /// </summary>
    public static readonly Uri RedirectUri = new("http://127.0.0.1/sandbox-callback");

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = provider.Authority,
    };

    public Task<string> GetServiceTokenAsync(CancellationToken cancellationToken) => RequestTokenAsync(
        new()
        {
            ["grant_type"] = GrantTypes.ClientCredentials,
            ["client_id"] = LocalIdentityProvider.ServiceClientId,
            ["client_secret"] = provider.ServiceClientSecret,
            ["scope"] = LocalIdentityProvider.ReadScope,
        },
        cancellationToken);

    public async Task<string> GetUserTokenAsync(string user, CancellationToken cancellationToken)
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var request = new Dictionary<string, string?>
        {
            ["client_id"] = LocalIdentityProvider.BrowserClientId,
            ["redirect_uri"] = RedirectUri.AbsoluteUri,
            ["response_type"] = ResponseTypes.Code,
            ["scope"] = $"{Scopes.OpenId} {Scopes.Profile} {LocalIdentityProvider.ReadScope}",
            ["state"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = CodeChallengeMethods.Sha256,
        };

        using (var page = await _http.GetAsync(AuthorizeUri(request), cancellationToken))
        {
            page.EnsureSuccessStatusCode();
        }

        request[LocalIdentityEndpoints.UserParameter] = user;
        using var response = await _http.GetAsync(AuthorizeUri(request), cancellationToken);
        var query = QueryHelpers.ParseQuery(response.Headers.Location?.Query);
        if (response.StatusCode != HttpStatusCode.Redirect
            || query["state"] != request["state"]
            || !query.TryGetValue("code", out var code))
        {
            throw new HttpRequestException($"The sign-in as '{user}' failed.", inner: null, response.StatusCode);
        }

        return await RequestTokenAsync(
            new()
            {
                ["grant_type"] = GrantTypes.AuthorizationCode,
                ["client_id"] = LocalIdentityProvider.BrowserClientId,
                ["client_secret"] = provider.BrowserClientSecret,
                ["redirect_uri"] = RedirectUri.AbsoluteUri,
                ["code"] = code.ToString(),
                ["code_verifier"] = verifier,
            },
            cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static string AuthorizeUri(Dictionary<string, string?> request) =>
        QueryHelpers.AddQueryString(LocalIdentityEndpoints.Authorize, request);

    private async Task<string> RequestTokenAsync(Dictionary<string, string> form, CancellationToken cancellationToken)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await _http.PostAsync(new Uri(LocalIdentityEndpoints.Token, UriKind.Relative), content, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var body = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellationToken));
        return body.RootElement.GetProperty("access_token").GetString()!;
    }
}
