using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>Decides which permissions an authenticated caller holds; no other code does.</summary>
internal sealed class Permissions(AuthOptions options)
{
    // RFC 8693 §4.2 and Microsoft Entra: one claim with several scopes, separated by spaces. The name of a role or group is
    // one value: it may contain spaces.
    private static readonly string[] SpaceSeparated = ["scope", "scp"];

    /// <summary>Decides the permissions of a caller whose token or session is valid.</summary>
    public AuthenticatedCaller Decide(ClaimsPrincipal caller) => new(caller, CallerKey.From(caller, options), PermissionsOf(caller));

    /// <summary>
    /// Returns the permissions whose scope the caller has; none if a claim of <see cref="AuthOptions.RequiredClaims"/> is
    /// missing.
    /// </summary>
    private HashSet<Permission> PermissionsOf(ClaimsPrincipal caller) =>
        options.RequiredClaims.All(required => caller.HasClaim(claim => claim.Type == required.Key && claim.Value == required.Value))
            ? [.. Permission.All.Where(permission => caller.HasClaim(claim => Grants(claim, permission.GetScope(options))))]
            : [];

    private bool Grants(Claim claim, string scope) =>
        options.PermissionClaims.Contains(claim.Type)
        && (SpaceSeparated.Contains(claim.Type) ? claim.Value.Split(' ').Contains(scope) : claim.Value == scope);
}
