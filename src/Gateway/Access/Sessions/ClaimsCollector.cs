using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Collects the provider's claims about a person who signs in: from the id token, from the response of the token
/// endpoint, from user info, and from an access token that this gateway would accept from a service too. Keeps only the
/// claims that the gateway uses.
/// </summary>
internal sealed class ClaimsCollector(
    AuthOptions auth,
    BrowserSessionOptions options,
    AccessTokenHandler tokens,
    IdTokenHandler idTokens,
    OidcClient endpoint,
    TimeProvider time)
{
    /// <summary>Returns the claims of the id token.</summary>
    public IReadOnlyList<SessionClaim> OfIdToken(ClaimsPrincipal idToken) => Keep(idToken.Claims);

    /// <summary>
    /// Validates an id token that comes with a refresh (OpenID Connect Core §12.2) and returns its claims. The
    /// framework's handler validates the id token of a sign-in, by the same rules.
    /// </summary>
    /// <exception cref="TokenRefusedException">
    /// It is invalid or is about another subject, so the response that it came with proves nothing.
    /// </exception>
    public async Task<IReadOnlyList<SessionClaim>> OfIdTokenAsync(string idToken, string subject)
    {
        var result = await idTokens.ValidateTokenAsync(idToken, TokenValidation.ForIdToken(options.ClientId, time));
        return result.IsValid && result.ClaimsIdentity.FindFirst("sub")?.Value == subject
            ? Keep(result.ClaimsIdentity.Claims)
            : throw new TokenRefusedException("The id token of a refresh is not good.");
    }

    /// <summary>Returns the other claims of a response of the token endpoint.</summary>
    /// <param name="response">The response of the token endpoint.</param>
    /// <param name="subject">The subject of the id token; claims about another subject are ignored.</param>
    /// <param name="scope">
    /// The granted scope if the response contains none (RFC 6749 §5.1 and §6): that of the request, or of the earlier grant.
    /// </param>
    /// <exception cref="OidcProviderException">The provider does not respond.</exception>
    public async Task<IReadOnlyList<SessionClaim>> OfGrantAsync(OpenIdConnectMessage response, string subject, string scope)
    {
        List<SessionClaim> claims = [new("scope", response.Scope ?? scope)];
        if (response.AccessToken is { Length: > 0 } accessToken)
        {
            var result = await tokens.ValidateTokenAsync(accessToken, TokenValidation.ForAccess(auth, time));
            if (result.IsValid && result.ClaimsIdentity.FindFirst("sub")?.Value == subject)
            {
                claims.AddRange(Keep(result.ClaimsIdentity.Claims));
            }

            if (await endpoint.GetUserInfoAsync(accessToken) is { } info
                && info.TryGetProperty("sub", out var of)
                && of.ValueEquals(subject))
            {
                claims.AddRange(Keep(Flatten(info)));
            }
        }

        return [.. claims.Distinct()];
    }

    private List<SessionClaim> Keep(IEnumerable<Claim> claims) =>
        [.. claims.Where(IsKept).Select(claim => new SessionClaim(claim.Type, claim.Value)).Distinct()];

    private bool IsKept(Claim claim) =>
        claim.Type is "sub" or "name" or "preferred_username"
        || claim.Type == auth.SubjectClaim
        || auth.PermissionClaims.Contains(claim.Type)
        || auth.RequiredClaims.ContainsKey(claim.Type);

    /// <summary>Creates claims from JSON as the framework's handlers do: one for each entry of an array.</summary>
    private static IEnumerable<Claim> Flatten(JsonElement info) =>
        from member in info.EnumerateObject()
        from value in member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray() : Enumerable.Repeat(member.Value, 1)
        where value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
        select new Claim(member.Name, value.ToString());
}
