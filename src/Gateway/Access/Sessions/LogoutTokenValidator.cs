using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using NclueGateway.Access.Bearer;

namespace NclueGateway.Access.Sessions;

/// <summary>Validates logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6).</summary>
internal sealed class LogoutTokenValidator(
    BrowserSessionOptions options, IdTokenHandler tokens, SessionKeyValueStore state, TimeProvider time)
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    // Explicit typing is recommended, not required.
    private static readonly string[] Types = ["logout+jwt", "application/logout+jwt", "JWT"];

    /// <summary>Maximum age of a logout token: long enough for a provider to retry, short enough to remember each token.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    /// <summary>Returns the sessions to end: the provider's session, or all of a subject. Null when the token is invalid.</summary>
    /// <exception cref="SessionStoreUnavailableException">It is unknown whether the token has been used before.</exception>
    /// <remarks>
    /// The caller ends the sessions first and then marks the token as used (<see cref="SpendAsync"/>): a provider retries after
    /// a failure.
    /// </remarks>
    public async Task<Logout?> ReadAsync(string logoutToken)
    {
        var rules = TokenValidation.For([options.ClientId], time);
        rules.RequireExpirationTime = false; // older versions of the standard had no exp; iat limits the lifetime
        rules.TypeValidator = (type, _, _) => string.IsNullOrEmpty(type) || Types.Contains(type, StringComparer.OrdinalIgnoreCase)
            ? type ?? ""
            : throw new TokenRefusedException("The token's type is not that of a logout token");
        var result = await tokens.ValidateTokenAsync(logoutToken, rules);
        if (!result.IsValid
            || result.SecurityToken is not JsonWebToken token
            || !IsOfNow(token)
            || !token.TryGetPayloadValue<JsonElement>("events", out var events)
            || events.ValueKind != JsonValueKind.Object
            || !events.TryGetProperty(Event, out var detail)
            || detail.ValueKind != JsonValueKind.Object
            || token.TryGetPayloadValue<object>("nonce", out _)
            || token.Id is not { Length: > 0 })
        {
            return null;
        }

        var logout = new Logout(Text(token, "sid"), Text(token, "sub"), $"jti:{SessionRepository.Hash(token.Id)}");
        return logout is { Sid: null, Subject: null } || await state.IsMarkedAsync(logout.Key, "a used logout token") ? null : logout;
    }

    /// <summary>Marks the logout token as used.</summary>
    /// <exception cref="SessionStoreUnavailableException">The token may be accepted once more.</exception>
    public Task SpendAsync(Logout logout) => state.MarkAsync(logout.Key, MaxAge + (2 * TokenValidation.ClockSkew));

    private bool IsOfNow(JsonWebToken token)
    {
        var age = time.GetUtcNow().UtcDateTime - token.IssuedAt; // DateTime.MinValue without iat
        return age <= MaxAge && age >= -TokenValidation.ClockSkew;
    }

    private static string? Text(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<string>(claim, out var value) && value is { Length: > 0 } ? value : null;
}

/// <summary>
/// The sessions to end: those of the provider's session <paramref name="Sid"/>, or, without it, all of
/// <paramref name="Subject"/>.
/// </summary>
/// <param name="Sid">The provider's session.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Key">Key of the mark that the token was used.</param>
internal sealed record Logout(string? Sid, string? Subject, string Key);
