using Microsoft.AspNetCore.Authentication;
using NclueGateway.Access.Bearer;
using NclueGateway.Access.Callers;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The access of callers to responses that stay open: its end by the expiry of a token, and the checks of sessions while the response is
/// open. A check counts as a use of the session for the checks with the provider, and does not extend its idle time.
/// </summary>
/// <param name="sessions">The sessions; null without browser sign-in.</param>
/// <param name="revalidator">The checks with the provider; null without browser sign-in.</param>
internal sealed class LastingAccess(SessionCache? sessions = null, SessionRevalidator? revalidator = null)
{
    /// <summary>
    /// Time for which a lookup of a session is trusted: with two times between checks, a session that has ended on another replica is
    /// noticed within 15 seconds.
    /// </summary>
    private static readonly TimeSpan TrustFor = TimeSpan.FromSeconds(5);

    /// <summary>Returns the access of an authenticated caller.</summary>
    public static AccessGrant Of(HttpContext context)
    {
        var caller = ((AuthenticatedCaller)context.User).Caller;
        if (context.Features.Get<CachedSession>() is { } session)
        {
            return new(caller, ExpiresAt: null, session.Key);
        }

        var result = context.Features.Get<IAuthenticateResultFeature>();
        var expiresAt = result is TokenCache.Entry entry
            ? new DateTimeOffset(DateTime.SpecifyKind(entry.Expires, DateTimeKind.Utc))
            : result?.AuthenticateResult?.Properties?.ExpiresUtc;
        return new(caller, expiresAt, SessionKey: null);
    }

    /// <summary>Checks whether a session still exists and grants a permission.</summary>
    public async ValueTask<AccessState> CheckAsync(string sessionKey, Permission permission)
    {
        try
        {
            var found = sessions is null ? null : await sessions.FindAsync(sessionKey, TrustFor);
            var session = found is null || revalidator is null ? null : await revalidator.WhenDueAsync(found);
            return session is null ? AccessState.SessionEnded
                : session.Caller.Permissions.Contains(permission) ? AccessState.Granted
                : AccessState.PermissionLost;
        }
        catch (SessionStoreUnavailableException)
        {
            return AccessState.SessionEnded; // no longer trusted: requests with it are refused too
        }
    }
}

/// <summary>The access of one caller.</summary>
/// <param name="Caller">The caller.</param>
/// <param name="ExpiresAt">Time at which its token expires; null without a token.</param>
/// <param name="SessionKey">Key of its session; null without a session.</param>
internal readonly record struct AccessGrant(CallerKey Caller, DateTimeOffset? ExpiresAt, string? SessionKey);

/// <summary>The result of a check.</summary>
internal enum AccessState
{
    /// <summary>The session exists and grants the permission.</summary>
    Granted,

    /// <summary>The session has ended.</summary>
    SessionEnded,

    /// <summary>The session exists and does not grant the permission.</summary>
    PermissionLost,
}
