using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>
/// An authenticated caller with its permissions, which <see cref="Permissions"/> decides once for each token or
/// session, not for each request. Every scheme creates its principal as this type, and no policy accepts another
/// principal.
/// </summary>
/// <param name="principal">The claims of the identity provider.</param>
/// <param name="caller">The key of the caller for rate limits and fair queueing.</param>
/// <param name="permissions">The permissions that the caller holds.</param>
internal sealed class AuthenticatedCaller(ClaimsPrincipal principal, CallerKey caller, IReadOnlySet<Permission> permissions)
    : ClaimsPrincipal(principal)
{
    public CallerKey Caller => caller;

    public IReadOnlySet<Permission> Permissions => permissions;
}
