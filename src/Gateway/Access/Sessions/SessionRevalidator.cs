using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Bearer;
using NclueGateway.Hosting;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Uses the refresh token every five minutes to check that the provider still grants a session's permissions. Only one
/// replica does this, because a provider that rotates refresh tokens treats a second use as theft. If the provider
/// refuses, the session ends. If it does not respond, the session continues.
/// </summary>
[LogCategory("NclueGateway.Access.Sessions.SessionCheck")]
internal sealed partial class SessionRevalidator(
    SessionCache store,
    SessionKeyValueStore state,
    OidcClient endpoint,
    ClaimsCollector claims,
    TimeProvider time,
    ILogger<SessionRevalidator> logger)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Time for which a check excludes checks by other replicas. It is longer than the time for which replicas trust
    /// their cache (<see cref="SessionCache.TrustFor"/>), so that none of them uses the refresh token a second time. It
    /// is also the delay before the next attempt when the provider does not respond.
    /// </summary>
    public static readonly TimeSpan ClaimFor = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Checks the session if a check is due and no other replica is checking it. Returns the session, or null if it has
    /// ended.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">The session has ended, but its end cannot be
    /// stored.</exception>
    public async ValueTask<CachedSession?> WhenDueAsync(CachedSession session)
    {
        if (!IsDue(session) || !await TryClaimAsync(session))
        {
            return session;
        }

        // The cached session may be ten seconds old.
        var ends = store.Ends;
        return await store.LookUpAsync(session.Key) is not { } latest ? null : IsDue(latest) ? await AskAsync(latest, ends) : latest;
    }

    private bool IsDue(CachedSession session) =>
        session.Session.RefreshToken is not null && time.GetUtcNow() - session.Session.CheckedAt >= Every;

    private async Task<bool> TryClaimAsync(CachedSession session)
    {
        try
        {
            return await state.TryClaimAsync(session.Key + ":check", ClaimFor);
        }
        catch (SessionStoreUnavailableException)
        {
            return false;
        }
    }

    private async Task<CachedSession?> AskAsync(CachedSession held, long ends)
    {
        var session = held.Session;
        try
        {
            var response = await endpoint.RequestAsync(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = OpenIdConnectGrantTypes.RefreshToken,
                ["refresh_token"] = session.RefreshToken!,
            });

            // From here on only the new refresh token may be valid: it is kept even if the rest of the response is refused.
            session = session with { RefreshToken = response.RefreshToken ?? session.RefreshToken, Renewals = session.Renewals + 1 };
            var idClaims = response.IdToken is { Length: > 0 } idToken
                ? await claims.OfIdTokenAsync(idToken, session.Subject)
                : session.IdClaims;
            var scope = string.Join(' ', session.GrantClaims.Where(claim => claim.Type == "scope").Select(claim => claim.Value));
            session = session with
            {
                IdClaims = idClaims,
                GrantClaims = await claims.OfGrantAsync(response, session.Subject, scope),
                CheckedAt = time.GetUtcNow(),
            };
        }
        catch (GrantRefusedException refused)
        {
            Refused(logger, refused.Message);
            await store.EndAsync(held);
            return null;
        }
        catch (Exception unusable) when (unusable is OidcProviderException or TokenRefusedException)
        {
            Unreachable(logger, unusable.Message);
            if (session == held.Session)
            {
                return held;
            }
        }

        try
        {
            return await store.RenewAsync(held, ends, session);
        }
        catch (SessionStoreUnavailableException)
        {
            return held; // the new one is cached unless sessions have ended meanwhile, and stored when Redis is back
        }
    }

    [LoggerMessage(1, LogLevel.Information, "A session has ended: {Reason}")]
    private static partial void Refused(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "A session's permissions could not be checked again and stay unchanged. {Reason}")]
    private static partial void Unreachable(ILogger logger, string reason);
}
