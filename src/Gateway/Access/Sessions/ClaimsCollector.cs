using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// What the provider says of a person who signs in, wherever it says it: in the id token, in the answer of the token endpoint, in an access
/// token that this gateway would accept from a service too, and as user info. Only what the gateway decides by is kept.
/// </summary>
internal sealed class ClaimsCollector(AuthOptions auth, AccessTokenHandler tokens, OidcClient endpoint, TimeProvider time)
{
    /// <summary>What the id token says.</summary>
    public IReadOnlyList<SessionClaim> OfIdToken(ClaimsPrincipal idToken) => Keep(idToken.Claims);

    /// <summary>What else the answer of the token endpoint says.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="subject">Whom the id token names; what is said of anybody else does not count.</param>
    /// <param name="scope">What was granted if the answer does not say (RFC 6749 §5.1 and §6): what was asked for, or granted before.</param>
    /// <exception cref="OidcProviderException">The provider does not answer.</exception>
    public async Task<IReadOnlyList<SessionClaim>> OfGrantAsync(OpenIdConnectMessage answer, string subject, string scope)
    {
        List<SessionClaim> claims = [new("scope", answer.Scope ?? scope)];
        if (answer.AccessToken is { Length: > 0 } accessToken)
        {
            var result = await tokens.ValidateTokenAsync(accessToken, TokenValidation.ForAccess(auth, time));
            if (result.IsValid && result.ClaimsIdentity.FindFirst("sub")?.Value == subject)
            {
                claims.AddRange(Keep(result.ClaimsIdentity.Claims));
            }

            if (await endpoint.GetUserInfoAsync(accessToken) is { } info && info.TryGetProperty("sub", out var of) && of.ValueEquals(subject))
            {
                claims.AddRange(Keep(Flatten(info)));
            }
        }

        return [.. claims.Distinct()];
    }

    private List<SessionClaim> Keep(IEnumerable<Claim> claims) => [.. claims.Where(IsKept).Select(claim => new SessionClaim(claim.Type, claim.Value)).Distinct()];

    private bool IsKept(Claim claim) =>
        claim.Type is "sub" or "name" or "preferred_username"
        || claim.Type == auth.SubjectClaim
        || auth.PermissionClaims.Contains(claim.Type)
        || auth.RequiredClaims.ContainsKey(claim.Type);

    /// <summary>As the shipped handlers make claims of JSON: one for each entry of an array.</summary>
    private static IEnumerable<Claim> Flatten(JsonElement info) =>
        from member in info.EnumerateObject()
        from value in member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray() : Enumerable.Repeat(member.Value, 1)
        where value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
        select new Claim(member.Name, value.ToString());
}
