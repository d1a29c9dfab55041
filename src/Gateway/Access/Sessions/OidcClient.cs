using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Client of the provider's token and user info endpoints (RFC 6749 §3.2, OpenID Connect Core §5.3). Authenticates the
/// gateway by the method in the provider's metadata. A provider that announces both methods may accept only one for
/// this client, so after <c>invalid_client</c> it tries the other one.
/// </summary>
internal sealed class OidcClient : IDisposable
{
    private readonly OidcMetadataCache _issuer;
    private readonly AuthOptions _auth;
    private readonly BrowserSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private bool? _isInBody;

    public OidcClient(OidcMetadataCache issuer, AuthOptions auth, BrowserSessionOptions options, TimeProvider time)
    {
        (_issuer, _auth, _options, _time) = (issuer, auth, options, time);
        _http = ProviderHttp.CreateClient(followsRedirects: false, auth.Egress); // the secret must go only to the provider
    }

    /// <summary>Requests tokens.</summary>
    /// <param name="form">The grant; the client's own credentials are added.</param>
    /// <exception cref="GrantRefusedException">The provider refuses the grant.</exception>
    /// <exception cref="OidcProviderException">The provider does not respond, or fails for another reason.</exception>
    public async Task<OpenIdConnectMessage> RequestAsync(IReadOnlyDictionary<string, string> form)
    {
        var issuer = await GetIssuerAsync();
        var isInBody = _isInBody ?? !PrefersHeader(issuer);
        var (status, response) = await SendAsync(issuer, form, isInBody);
        if (status != HttpStatusCode.OK && response.Error == "invalid_client" && _options.ClientSecret.Length > 0 && _isInBody is null)
        {
            isInBody = !isInBody;
            (status, response) = await SendAsync(issuer, form, isInBody);
        }

        if (status == HttpStatusCode.OK)
        {
            _isInBody = isInBody;
            return response;
        }

        // Any other error concerns the client or the request, and not the person.
        throw response.Error is "invalid_grant" or "access_denied" or "login_required" or "interaction_required" or "consent_required"
            ? new GrantRefusedException(response.Error)
            : new OidcProviderException(
                $"The token endpoint responded {(int)status}{(response.Error is { Length: < 64 } error ? $" {error}" : "")}.");
    }

    /// <summary>Returns the user info; null when the provider has no such endpoint or does not respond in JSON.</summary>
    /// <exception cref="OidcProviderException">The provider does not respond.</exception>
    public async Task<JsonElement?> GetUserInfoAsync(string accessToken)
    {
        if ((await GetIssuerAsync()).UserInfoEndpoint is not { Length: > 0 } address)
        {
            return null;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, RequireHttps(address));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var (status, body) = await SendAsync(request);
        return status == HttpStatusCode.OK ? TryParse(body)
            : (int)status < 500 ? null
            : throw new OidcProviderException($"The user info endpoint responded {(int)status}.");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Returns the provider's metadata.</summary>
    /// <exception cref="OidcProviderException">The provider does not respond.</exception>
    public async ValueTask<OpenIdConnectConfiguration> GetIssuerAsync() =>
        await _issuer.GetAsync() ?? throw new OidcProviderException("The provider's metadata cannot be fetched.");

    private async Task<(HttpStatusCode, OpenIdConnectMessage)> SendAsync(
        OpenIdConnectConfiguration issuer, IReadOnlyDictionary<string, string> form, bool isInBody)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, RequireHttps(issuer.TokenEndpoint));
        var fields = new Dictionary<string, string>(form, StringComparer.Ordinal);
        if (_options.ClientSecret.Length == 0 || isInBody)
        {
            fields["client_id"] = _options.ClientId;
        }

        if (_options.ClientSecret.Length > 0 && isInBody)
        {
            fields["client_secret"] = _options.ClientSecret;
        }
        else if (_options.ClientSecret.Length > 0)
        {
            // RFC 6749 §2.3.1: both are encoded before they are joined.
            var credentials = $"{WebUtility.UrlEncode(_options.ClientId)}:{WebUtility.UrlEncode(_options.ClientSecret)}";
            var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
        }

        request.Content = new FormUrlEncodedContent(fields);
        var (status, body) = await SendAsync(request);
        return (status, TryParse(body) is { } json ? new OpenIdConnectMessage(json.GetRawText()) : new OpenIdConnectMessage());
    }

    private async Task<(HttpStatusCode, string)> SendAsync(HttpRequestMessage request)
    {
        using var timeout = new CancellationTokenSource(ProviderHttp.Timeout, _time);
        request.Headers.Accept.Add(new("application/json"));
        try
        {
            using var response = await _http.SendAsync(request, timeout.Token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(timeout.Token));
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            throw new OidcProviderException(_auth.Egress.Describe(failure) is { } proxy
                ? $"The provider cannot be reached: {proxy}."
                : "The provider does not respond.");
        }
    }

    /// <summary>Returns true if the provider accepts the header, which is the default of OAuth and OpenID Connect Discovery.</summary>
    private static bool PrefersHeader(OpenIdConnectConfiguration issuer) =>
        issuer.TokenEndpointAuthMethodsSupported is not { Count: > 0 } methods || methods.Contains("client_secret_basic");

    private Uri RequireHttps(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && ProviderHttp.IsAllowed(uri, _auth)
            ? uri
            : throw new OidcProviderException("The provider's metadata name no https endpoint.");

    private static JsonElement? TryParse(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The exception that is thrown when the provider refuses to issue tokens for a grant.</summary>
/// <param name="error">The provider's error code (RFC 6749 §5.2).</param>
internal sealed class GrantRefusedException(string error) : Exception($"The provider refused: {error}.");

/// <summary>The exception that is thrown when the provider does not respond, or its response cannot be used.</summary>
internal sealed class OidcProviderException(string message) : Exception(message);
