using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>
/// Notifies gateways that a user's sessions have ended (OpenID Connect Back-Channel Logout 1.0 §2.5).
/// </summary>
internal sealed class BackChannelLogout(LocalIdentityProviderOptions options) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>The issuer of the logout tokens.</summary>
    public Uri? Issuer { get; set; }

    /// <summary>Back-channel logout addresses, one per replica of the gateway.</summary>
    public ICollection<Uri> Receivers { get; } = [];

    /// <summary>Sends a logout token to all receivers. Returns false if one of them does not accept it.</summary>
    public async Task<bool> SendAsync(string subject)
    {
        var accepted = true;
        foreach (var receiver in Receivers)
        {
            using var form = new FormUrlEncodedContent([new("logout_token", Write(subject))]);
            using var response = await _http.PostAsync(receiver, form);
            accepted &= response.IsSuccessStatusCode;
        }

        return accepted;
    }

    public void Dispose() => _http.Dispose();

    private string Write(string subject)
    {
        var now = options.TimeProvider.GetUtcNow().UtcDateTime;
        var noMembers = new Dictionary<string, object>();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "logout+jwt",
            Issuer = Issuer!.AbsoluteUri,
            Audience = LocalIdentityProvider.BrowserClientId,
            IssuedAt = now,
            Expires = now.AddMinutes(2),
            SigningCredentials = new(options.SigningKey, SecurityAlgorithms.RsaSha256),
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                [Claims.Subject] = subject,
                [Claims.JwtId] = Guid.NewGuid().ToString(),
                ["events"] = new Dictionary<string, object> { ["http://schemas.openid.net/event/backchannel-logout"] = noMembers },
            },
        });
    }
}
