using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Access.Callers;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;

namespace NclueGateway.Access.Sessions;

/// <summary>What the gateway adds to the shipped sign-in (OpenID Connect Core §3.1, RFC 7636): where to return, what to ask for, and the session.</summary>
[LogCategory("NclueGateway.Access.Sessions.SignInEvents")]
internal sealed partial class GatewayOpenIdConnectEvents(
    OidcClient endpoint, ClaimsCollector claims, SessionCache store, SessionKeyValueStore state, AuthOptions auth, BrowserSessionOptions options, HttpOptions http,
    TimeProvider time, ILogger<GatewayOpenIdConnectEvents> logger) : OpenIdConnectEvents
{
    private int _hasToldOfNoRefreshToken;

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = Origin(context.Request) + context.Request.PathBase + SessionConstants.Callback;
        context.ProtocolMessage.ResponseMode = context.Options.ResponseMode; // said even where it is the default
        context.ProtocolMessage.Scope = Scope(await endpoint.GetIssuerAsync());
        context.Response.Headers.CacheControl = "no-store";
        PendingSignIns.MakeRoom(context.HttpContext);
    }

    /// <summary>Checks what holds for a response of any kind, before anything in it counts.</summary>
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
            throw new SignInRefusedException("The callback does not name Auth:Authority's issuer as the one that it comes from (RFC 9207).");
        }
    }

    /// <summary>Redeems a code once and in time: otherwise only the browser, by forgetting its cookies, ends a sign-in.</summary>
    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        if (!(time.GetUtcNow() - context.Properties!.IssuedUtc <= PendingSignIns.Within))
        {
            throw new SignInRefusedException("It has taken too long.");
        }

        // RFC 9700 §4.7.1. The verifier is the sign-in's own; the text of its state is not: the same state can be encoded in several ways.
        var verifier = context.TokenEndpointRequest!.GetParameter(OAuthConstants.CodeVerifierKey);
        if (!await state.TryClaimAsync($"state:{SessionRepository.Hash(verifier)}", PendingSignIns.Within))
        {
            throw new SignInRefusedException("Its state was used before.");
        }
    }

    /// <summary>The id token is good: here is somebody.</summary>
    public override async Task TokenValidated(TokenValidatedContext context)
    {
        var idClaims = claims.OfIdToken(context.Principal!);
        var subject = context.SecurityToken.Subject;
        var answer = context.TokenEndpointResponse!;
        var grantClaims = await claims.OfGrantAsync(answer, subject, Scope(await endpoint.GetIssuerAsync()));
        if (answer.RefreshToken is null && Interlocked.Exchange(ref _hasToldOfNoRefreshToken, 1) == 0)
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
            RefreshToken = answer.RefreshToken,
            SignedInAt = now,
            CheckedAt = now,
            AbsoluteExpiresAt = now + options.AbsoluteTimeout,
        });
    }

    /// <summary>A new session under a new id, whatever the browser had before: nobody can have chosen it (session fixation).</summary>
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
        context.HttpContext.Features.Get<AuditNotes>()?.ChangedSession(AuditKind.SignIn, options.ClientId, session.Subject);
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
        Failed(logger, "The identity provider says that access was denied.");
        await new SignInRefusal(SessionProblems.SignInFailed("The identity provider says that access was denied."), context.ReturnUrl)
            .ExecuteAsync(context.HttpContext);
    }

    /// <summary>What the provider or the browser has sent is neither shown nor logged.</summary>
    private async Task RefuseAsync(HttpContext context, Exception failure, string? returnUrl)
    {
        Failed(logger, failure is OidcProviderException or GrantRefusedException or SignInRefusedException ? failure.Message
            : failure is SessionStoreUnavailableException ? "Redis does not answer."
            : failure.GetType().Name);
        await new SignInRefusal(
            failure switch
            {
                SessionStoreUnavailableException => SessionProblems.SignInUnavailable,
                OidcProviderException => SessionProblems.ProviderAway,
                GrantRefusedException => SessionProblems.SignInFailed("The identity provider did not accept the sign-in. Sign in again."),
                _ => SessionProblems.SignInFailed(
                    "The sign-in took too long, was begun in another browser, was finished before, or was refused by the identity provider. Sign in again."),
            },
            returnUrl).ExecuteAsync(context);
    }

    /// <summary>
    /// What is asked for: who it is, the permissions, and a refresh token. Providers refuse scopes that they do not know, and say which they do.
    /// </summary>
    private string Scope(OpenIdConnectConfiguration issuer)
    {
        string[] wanted =
            [OpenIdConnectScope.OpenId, "profile", .. Permission.All.Select(permission => permission.GetScope(auth)), OpenIdConnectScope.OfflineAccess];
        return string.Join(' ', issuer.ScopesSupported is { Count: > 0 } known
            ? wanted.Where(scope => scope == OpenIdConnectScope.OpenId || known.Contains(scope))
            : wanted);
    }

    /// <summary>Where browsers find the gateway; while developing, wherever this one went.</summary>
    private string Origin(HttpRequest request) => http.PublicOrigin.Length > 0 ? http.PublicOrigin : $"{request.Scheme}://{request.Host}";

    private static string? NameIn(IReadOnlyCollection<SessionClaim> claims) =>
        (claims.FirstOrDefault(claim => claim.Type == "name") ?? claims.FirstOrDefault(claim => claim.Type == "preferred_username"))?.Value;

    [LoggerMessage(1, LogLevel.Warning, "A sign-in has failed: {Reason}")]
    private static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The identity provider gives no refresh token: a permission that is taken away stays until the session ends, "
        + "{AbsoluteTimeout} after the sign-in. If the provider can, allow this client offline_access")]
    private static partial void NoRefreshToken(ILogger logger, TimeSpan absoluteTimeout);
}
