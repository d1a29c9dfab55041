using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using NclueGateway.Http;
using NclueGateway.Operations.Audit;

namespace NclueGateway.Access.Sessions;

/// <summary>What the gateway adds to the shipped sign-in (OpenID Connect Core §3.1, RFC 7636): where to return, what to ask for, and the session.</summary>
internal sealed partial class SignInEvents(
    TokenEndpoint endpoint, ProviderClaims claims, SessionStore store, AuthOptions auth, BrowserSessionOptions options, HttpOptions http,
    TimeProvider time, ILogger<SignInEvents> logger) : OpenIdConnectEvents
{
    private int _hasToldOfNoRefreshToken;

    public override async Task RedirectToIdentityProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = Origin(context.Request) + context.Request.PathBase + SessionEndpoints.Callback;
        context.ProtocolMessage.ResponseMode = context.Options.ResponseMode; // said even where it is the default
        context.ProtocolMessage.Scope = Scope(await endpoint.GetIssuerAsync());
        context.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>Otherwise only the browser, by forgetting its cookies, ends a sign-in that has taken too long.</summary>
    public override Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        if (!(time.GetUtcNow() - context.Properties!.IssuedUtc <= context.Options.RemoteAuthenticationTimeout))
        {
            context.Fail("The sign-in has taken too long.");
        }

        return Task.CompletedTask;
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
        var session = context.Properties!.GetParameter<Session>(nameof(Session))!;
        if (SessionId.Of(context.Request) is { } old)
        {
            await store.EndAsync(old.Key);
        }

        var id = SessionId.Create();
        await store.StoreAsync(id.Key, session);
        id.AppendTo(context.Response);
        context.HttpContext.Features.Get<AuditNotes>()?.ChangedSession(AuditKind.SignIn, options.ClientId, session.Subject);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(context.ReturnUri!);
        context.HandleResponse();
    }

    /// <summary>Whatever the provider or the browser brought, it is not shown.</summary>
    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        Failed(logger, context.Failure is ProviderUnreachableException or GrantRefusedException ? context.Failure.Message : context.Failure!.GetType().Name);
        context.HandleResponse();
        await SessionProblems.SignInFailed(context.Failure switch
        {
            ProviderUnreachableException => "The identity provider does not answer. Sign in again in some seconds.",
            GrantRefusedException => "The identity provider did not accept the sign-in. Sign in again.",
            _ => "The sign-in took too long, was begun in another browser, or was refused by the identity provider. Sign in again.",
        }).ExecuteAsync(context.HttpContext);
    }

    public override async Task AccessDenied(AccessDeniedContext context)
    {
        context.HandleResponse();
        await SessionProblems.SignInFailed("The identity provider says that access was denied.").ExecuteAsync(context.HttpContext);
    }

    /// <summary>
    /// What is asked for: who it is, the permission, and a refresh token. Providers refuse scopes that they do not know, and say which they do.
    /// </summary>
    private string Scope(OpenIdConnectConfiguration issuer)
    {
        string[] wanted = [OpenIdConnectScope.OpenId, "profile", auth.ReadScope, OpenIdConnectScope.OfflineAccess];
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
