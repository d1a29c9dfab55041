using System.Security.Claims;

namespace NclueGateway.Access.Callers;

/// <summary>
/// An authenticated caller with what <see cref="Permissions"/> decided: once for a token or a session, not for each request.
/// Every scheme makes its principal one of these, and no policy accepts another principal.
/// </summary>
/// <param name="principal">The claims of the identity provider.</param>
/// <param name="caller">The key by which the caller shares the gateway with others.</param>
/// <param name="permissions">The permissions that the caller holds.</param>
internal sealed class AuthenticatedCaller(ClaimsPrincipal principal, CallerKey caller, IReadOnlySet<Permission> permissions) : ClaimsPrincipal(principal)
{
    public CallerKey Caller => caller;

    public IReadOnlySet<Permission> Permissions => permissions;
}
