using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.Observability.Audit;

namespace NclueGateway.Access.Sessions;

/// <summary>Ends sessions at the request of the person.</summary>
internal sealed class SignOut(SessionCache store, OidcClient provider, BrowserSessionOptions options)
{
    /// <summary>Ends a session on every replica, and makes the browser forget it and everything that it has cached.</summary>
    public async Task EndAsync(HttpContext context, CachedSession session)
    {
        await store.EndAsync(session);
        SessionId.RemoveFrom(context.Response);
        context.Features.Get<AuditEvent>()?.RecordSession(AuditKind.SignOut, options.ClientId, session.Session.Subject);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Clear-Site-Data"] = "\"cache\"";
    }

    /// <summary>
    /// Returns the address at which the browser ends the provider's session too (OpenID Connect RP-Initiated Logout 1.0 §2);
    /// null without one.
    /// </summary>
    public async Task<Uri?> GetLogoutUrlAsync()
    {
        try
        {
            return (await provider.GetIssuerAsync()).EndSessionEndpoint is { Length: > 0 } address
                ? new(QueryHelpers.AddQueryString(address, "client_id", options.ClientId))
                : null;
        }
        catch (OidcProviderException)
        {
            return null;
        }
    }
}
