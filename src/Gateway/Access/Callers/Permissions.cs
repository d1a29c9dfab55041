using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>The one place that decides which permissions an authenticated caller holds.</summary>
internal sealed class Permissions(AuthOptions options)
{
    // RFC 8693 §4.2 and Microsoft Entra: one claim with several scopes, divided by spaces. The name of a role or group is a whole: it may
    // hold spaces.
    private static readonly string[] SpaceSeparated = ["scope", "scp"];

    /// <summary>Decides about a caller whose token or session is good.</summary>
    public AuthenticatedCaller Decide(ClaimsPrincipal caller) => new(caller, CallerKey.From(caller, options), PermissionsOf(caller));

    /// <summary>
    /// Returns the permissions whose scope the caller has; none without everything in <see cref="AuthOptions.RequiredClaims"/>.
    /// </summary>
    private HashSet<Permission> PermissionsOf(ClaimsPrincipal caller) =>
        options.RequiredClaims.All(required => caller.HasClaim(claim => claim.Type == required.Key && claim.Value == required.Value))
            ? [.. Permission.All.Where(permission => caller.HasClaim(claim => Grants(claim, permission.GetScope(options))))]
            : [];

    private bool Grants(Claim claim, string scope) =>
        options.PermissionClaims.Contains(claim.Type)
        && (SpaceSeparated.Contains(claim.Type) ? claim.Value.Split(' ').Contains(scope) : claim.Value == scope);
}
