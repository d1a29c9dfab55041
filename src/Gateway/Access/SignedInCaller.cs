using System.Security.Claims;

namespace NclueGateway.Access;

/// <summary>
/// Somebody whose sign-in was accepted, and what <see cref="Permissions"/> decided: once for a token or a session, not for each request.
/// Every scheme makes its principal one of these, and a principal that is none may do nothing.
/// </summary>
/// <param name="principal">What the identity provider says of the caller.</param>
/// <param name="caller">Whose share of the gateway the caller uses.</param>
/// <param name="mayRead">Whether the caller may read task runs.</param>
internal sealed class SignedInCaller(ClaimsPrincipal principal, CallerIdentity caller, bool mayRead) : ClaimsPrincipal(principal)
{
    public CallerIdentity Caller => caller;

    public bool MayRead => mayRead;
}
