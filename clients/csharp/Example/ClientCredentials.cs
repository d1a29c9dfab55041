using System.Net.Http.Json;
using System.Text.Json;

namespace NclueGateway.Client.Example;

/// <summary>
/// Gets an access token with the service's own credentials (RFC 6749 §4.4) and sends it with every request.
/// </summary>
internal sealed class ClientCredentials(Uri tokenEndpoint, string clientId, string clientSecret, string scope) : DelegatingHandler
{
    private Token? _token;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!(_token?.Until > TimeProvider.System.GetUtcNow()))
        {
            _token = await GetTokenAsync(cancellationToken); // parallel requests may each get a token; that does no harm
        }

        request.Headers.Authorization = new("Bearer", _token.Text);
        return await base.SendAsync(request, cancellationToken);
    }

    private async Task<Token> GetTokenAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, tokenEndpoint);
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = clientId,
            ["client_secret"] = clientSecret,
            ["scope"] = scope,
        });
        using var response = await base.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var lifetime = answer.TryGetProperty("expires_in", out var seconds) ? seconds.GetInt32() : 300;

        // Replaced a minute before it expires.
        return new(answer.GetProperty("access_token").GetString()!, TimeProvider.System.GetUtcNow().AddSeconds(lifetime - 60));
    }

    private sealed record Token(string Text, DateTimeOffset Until);
}
