using System.Security.Claims;

namespace NclueGateway.Access;

/// <summary>The one place that decides what a signed-in caller may do. There is one permission: to read task runs.</summary>
internal sealed class Permissions(AuthOptions options)
{
    // RFC 8693 §4.2 and Microsoft Entra: one claim with several scopes, divided by spaces. The name of a role or group is a whole: it may
    // hold spaces.
    private static readonly string[] SpaceSeparated = ["scope", "scp"];

    /// <summary>Decides about a caller whose token or session is good.</summary>
    public SignedInCaller Decide(ClaimsPrincipal caller) => new(caller, CallerIdentity.From(caller, options), MayRead(caller));

    /// <summary>
    /// Whether the caller has <see cref="AuthOptions.ReadScope"/> and everything in <see cref="AuthOptions.RequiredClaims"/>.
    /// </summary>
    public bool MayRead(ClaimsPrincipal caller) =>
        options.RequiredClaims.All(required => caller.HasClaim(claim => claim.Type == required.Key && claim.Value == required.Value))
        && caller.HasClaim(Grants);

    private bool Grants(Claim claim) =>
        options.PermissionClaims.Contains(claim.Type)
        && (SpaceSeparated.Contains(claim.Type)
            ? claim.Value.Split(' ').Contains(options.ReadScope)
            : claim.Value == options.ReadScope);
}
