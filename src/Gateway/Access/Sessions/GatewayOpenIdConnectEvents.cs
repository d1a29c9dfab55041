using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Adds the redirect address, the requested scopes, checks of the callback, and the session to the framework's sign-in
/// (OpenID Connect Core §3.1, RFC 7636).
/// </summary>
[LogCategory("NclueGateway.Access.Sessions.SignInEvents")]
internal sealed partial class GatewayOpenIdConnectEvents(
    OidcClient endpoint,
    ClaimsCollector claims,
    SessionCache store,
    SessionKeyValueStore state,
    AuthOptions auth,
    BrowserSessionOptions options,
    HttpOptions http,
    TimeProvider time,
    ILogger<GatewayOpenIdConnectEvents> logger) : OpenIdConnectEvents
{
    private int _hasWarnedOfNoRefreshToken;

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = Origin(context.Request) + context.Request.PathBase + SessionConstants.Callback;
        context.ProtocolMessage.ResponseMode = context.Options.ResponseMode; // sent even where it is the default
        context.ProtocolMessage.Scope = Scope(await endpoint.GetIssuerAsync());
        context.Response.Headers.CacheControl = "no-store";
        PendingSignIns.MakeRoom(context.HttpContext);
    }

    /// <summary>Checks every kind of response before any of its parameters is used.</summary>
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        if (context.Request.Query.Any(parameter => parameter.Value.Count > 1))
        {
            throw new SignInRefusedException("A parameter of the callback comes more than once (RFC 6749 §3.1).");
        }

        // RFC 9207 §2.4: without iss, only from a provider that does not announce it.
        var issuer = await endpoint.GetIssuerAsync();
        if (context.ProtocolMessage.Iss is { } iss ? iss != issuer.Issuer : issuer.AuthorizationResponseIssParameterSupported)
        {
            throw new SignInRefusedException(
                "The callback does not name Auth:Authority's issuer as the one that it comes from (RFC 9207).");
        }
    }

    /// <summary>
    /// Allows a code to be redeemed only once, and only in time. The framework's handler ends a pending sign-in only by
    /// deleting its cookies, which the browser may keep.
    /// </summary>
    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        if (!(time.GetUtcNow() - context.Properties!.IssuedUtc <= PendingSignIns.Within))
        {
            throw new SignInRefusedException("It has taken too long.");
        }

        // RFC 9700 §4.7.1: a state is used once. It is identified by the PKCE verifier, which belongs to one sign-in. The text of
        // the state does not identify it: the same state can be encoded in several ways.
        var verifier = context.TokenEndpointRequest!.GetParameter(OAuthConstants.CodeVerifierKey);
        if (!await state.TryClaimAsync($"state:{SessionRepository.Hash(verifier)}", PendingSignIns.Within))
        {
            throw new SignInRefusedException("Its state was used before.");
        }
    }

    /// <summary>Creates the session of a validated id token.</summary>
    public override async Task TokenValidated(TokenValidatedContext context)
    {
        var idClaims = claims.OfIdToken(context.Principal!);
        var subject = context.SecurityToken.Subject;
        var response = context.TokenEndpointResponse!;
        var grantClaims = await claims.OfGrantAsync(response, subject, Scope(await endpoint.GetIssuerAsync()));
        if (response.RefreshToken is null && Interlocked.Exchange(ref _hasWarnedOfNoRefreshToken, 1) == 0)
        {
            NoRefreshToken(logger, options.AbsoluteTimeout);
        }

        var now = time.GetUtcNow();
        context.Properties!.SetParameter(nameof(Session), new Session
        {
            Subject = subject,
            Name = NameIn([.. idClaims, .. grantClaims]),
            ProviderSessionId = context.Principal!.FindFirst("sid")?.Value,
            IdClaims = idClaims,
            GrantClaims = grantClaims,
            RefreshToken = response.RefreshToken,
            SignedInAt = now,
            CheckedAt = now,
            AbsoluteExpiresAt = now + options.AbsoluteTimeout,
        });
    }

    /// <summary>Stores the session under a new random id, so that no attacker can have chosen it (session fixation).</summary>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var session = context.Properties!.GetParameter<Session>(nameof(Session))!;
        var id = SessionId.Create();
        try
        {
            if (SessionId.Of(context.Request) is { } old && await store.FindAsync(old.Key) is { } before)
            {
                await store.EndAsync(before);
            }

            if (!await store.BeginAsync(id.Key, session))
            {
                throw new SignInRefusedException("The identity provider has ended the session while it began.");
            }
        }
        catch (Exception refused) when (refused is SessionStoreUnavailableException or SignInRefusedException)
        {
            await RefuseAsync(context.HttpContext, refused, context.ReturnUri);
            return;
        }

        id.AppendTo(context.Response);
        context.HttpContext.Features.Get<AuditEvent>()?.RecordSession(AuditKind.SignIn, options.ClientId, session.Subject);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(context.ReturnUri!);
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        await RefuseAsync(context.HttpContext, context.Failure!, context.Properties?.RedirectUri);
    }

    public override async Task AccessDenied(AccessDeniedContext context)
    {
        context.HandleResponse();
        Failed(logger, "The identity provider denied access.");
        await new SignInRefusal(SessionProblemResults.SignInFailed("The identity provider denied access."), context.ReturnUrl)
            .ExecuteAsync(context.HttpContext);
    }

    /// <summary>Refuses a sign-in. Values that the provider or the browser has sent are neither shown nor logged.</summary>
    private async Task RefuseAsync(HttpContext context, Exception failure, string? returnUrl)
    {
        Failed(logger, failure is OidcProviderException or GrantRefusedException or SignInRefusedException ? failure.Message
            : failure is SessionStoreUnavailableException ? "Redis does not respond."
            : failure.GetType().Name);
        await new SignInRefusal(
            failure switch
            {
                SessionStoreUnavailableException => SessionProblemResults.SignInUnavailable,
                OidcProviderException => SessionProblemResults.ProviderAway,
                GrantRefusedException => SessionProblemResults.SignInFailed(
                    "The identity provider did not accept the sign-in. Sign in again."),
                _ => SessionProblemResults.SignInFailed(
                    "The sign-in took too long, was begun in another browser, was finished before, or was refused by the identity "
                    + "provider. Sign in again."),
            },
            returnUrl).ExecuteAsync(context);
    }

    /// <summary>
    /// Returns the scopes to request: openid, the profile, the permissions, and a refresh token. Providers refuse scopes that
    /// they do not know, so only those in their metadata are sent.
    /// </summary>
    private string Scope(OpenIdConnectConfiguration issuer)
    {
        string[] wanted =
            [
                OpenIdConnectScope.OpenId, "profile",
                .. Permission.All.Select(permission => permission.GetScope(auth)),
                OpenIdConnectScope.OfflineAccess,
            ];
        return string.Join(' ', issuer.ScopesSupported is { Count: > 0 } known
            ? wanted.Where(scope => scope == OpenIdConnectScope.OpenId || known.Contains(scope))
            : wanted);
    }

    /// <summary>Origin of the gateway for browsers; in development that of the request.</summary>
    private string Origin(HttpRequest request) =>
        http.PublicOrigin.Length > 0 ? http.PublicOrigin : $"{request.Scheme}://{request.Host}";

    private static string? NameIn(IReadOnlyCollection<SessionClaim> claims) =>
        (claims.FirstOrDefault(claim => claim.Type == "name") ?? claims.FirstOrDefault(claim => claim.Type == "preferred_username"))?.Value;

    [LoggerMessage(1, LogLevel.Warning, "A sign-in has failed: {Reason}")]
    private static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The identity provider issues no refresh token: a withdrawn permission stays until the "
        + "session ends, {AbsoluteTimeout} after the sign-in. If the provider supports it, allow this client offline_access")]
    private static partial void NoRefreshToken(ILogger logger, TimeSpan absoluteTimeout);
}
