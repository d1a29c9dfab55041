using System.Security.Claims;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace NclueGateway.Sandbox.Identity;

/// <summary>A user who can sign in by name and without a password.</summary>
internal sealed record SandboxUser(string Id, string Name, bool MayRead)
{
    public static readonly IReadOnlyList<SandboxUser> All =
        [new("reader", "Reader (읽기 가능)", MayRead: true), new("outsider", "Outsider (권한 없음)", MayRead: false)];

    /// <summary>
    /// Returns a user of <see cref="All"/>, or one of the additional users <c>reader-1</c>, <c>reader-2</c>, … of load
    /// tests.
    /// </summary>
    public static SandboxUser? Find(string? id) => All.FirstOrDefault(user => user.Id == id) ?? FindNumbered(id);

    /// <summary>Returns the user's claims with those of the requested scopes that the user may have.</summary>
    public ClaimsPrincipal SignIn(IEnumerable<string> requestedScopes) =>
        Principal(Id, Name, requestedScopes.Where(scope => MayRead || scope != LocalIdentityProvider.ReadScope))
            .SetClaim("sid", Guid.NewGuid().ToString("N"));

    /// <summary>Returns the claims of a subject, for access tokens and ID tokens.</summary>
    public static ClaimsPrincipal Principal(string subject, string name, IEnumerable<string> scopes)
    {
        var identity = new ClaimsIdentity(TokenValidationParameters.DefaultAuthenticationType, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, subject).SetClaim(Claims.Name, name);
        identity.SetScopes(scopes).SetResources(LocalIdentityProvider.Audience);
        identity.SetDestinations(_ => [Destinations.AccessToken, Destinations.IdentityToken]);
        return new ClaimsPrincipal(identity);
    }

    private static SandboxUser? FindNumbered(string? id) =>
        id is not null && Regex.IsMatch(id, @"\Areader-[0-9]{1,6}\z", RegexOptions.NonBacktracking)
            ? new(id, id, MayRead: true)
            : null;
}
