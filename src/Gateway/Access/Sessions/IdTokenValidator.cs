using System.Security.Claims;
using Microsoft.IdentityModel.Tokens;
using NclueGateway.Access.Bearer;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Validates id tokens that come with a refresh (OpenID Connect Core §12.2). The shipped handler validates those of a
/// sign-in, by the same rules.
/// </summary>
internal sealed class IdTokenValidator(BrowserSessionOptions options, IdTokenHandler tokens, ClaimsCollector claims, TimeProvider time)
{
    /// <summary>Returns the rules for every id token of this gateway.</summary>
    public static TokenValidationParameters Rules(BrowserSessionOptions options, TimeProvider time)
    {
        var rules = TokenValidation.For(options.ClientId, time);
        rules.NameClaimType = "name";
        return rules;
    }

    /// <summary>Validates an id token and returns its claims.</summary>
    /// <exception cref="TokenRefusedException">
    /// It is invalid or is about another subject, so the response that it came with proves nothing.
    /// </exception>
    public async Task<IReadOnlyList<SessionClaim>> ReadAsync(string idToken, string subject)
    {
        var result = await tokens.ValidateTokenAsync(idToken, Rules(options, time));
        return result.IsValid && result.ClaimsIdentity.FindFirst("sub")?.Value == subject
            ? claims.OfIdToken(new ClaimsPrincipal(result.ClaimsIdentity))
            : throw new TokenRefusedException("The id token of a refresh is not good.");
    }
}
