using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Authenticates by the session cookie. It replaces the framework's cookie handler, which has three defects for this
/// purpose. At sign-in, that handler renews an existing session under the same key. It stores a ticket in the cookie,
/// which a replica without keys would reject. And it redirects browsers to a login page.
/// </summary>
internal sealed class SessionAuthenticationHandler(
    SessionCache store,
    SessionRevalidator check,
    TokenBuckets<AddressRange> limit,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionId.Of(Request) is not { } id)
        {
            return AuthenticateResult.NoResult();
        }

        // Cookies of sessions that this replica has seen are not limited, so people behind one address do not affect each other.
        var isSeen = store.HasSeen(id.Key);
        var address = AddressRange.Of(Context.Connection.RemoteIpAddress);
        if (!isSeen && limit.WaitFor(address) is { Ticks: > 0 } wait)
        {
            return AuthenticateResult.Fail(new SessionLookupRefusedException(wait));
        }

        try
        {
            if (await store.FindAsync(id.Key) is { } found && await check.WhenDueAsync(found) is { } session)
            {
                Context.Features.Set(session);
                return AuthenticateResult.Success(new AuthenticationTicket(session.Caller, SessionConstants.SchemeName));
            }

            if (!isSeen)
            {
                limit.Charge(address);
            }

            return AuthenticateResult.NoResult();
        }
        catch (SessionStoreUnavailableException unavailable)
        {
            return AuthenticateResult.Fail(unavailable);
        }
    }

    /// <summary>Responds with a problem and never a redirect: the caller is a script.</summary>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        var problem = result.Failure switch
        {
            SessionStoreUnavailableException => SessionProblemResults.Unavailable,
            SessionLookupRefusedException { Wait: var wait } => SessionProblemResults.TooManyUnknownCookies(wait),
            _ => SessionProblemResults.SignInRequired(
                "Sign in at the address in the member login, or send an access token in the Authorization header."),
        };
        await problem.ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var action = Context.GetEndpoint()?.Metadata.GetMetadata<Permission>()?.Description ?? "use this address";
        var detail = $"The account is not permitted to {action}, or lacks a claim that this gateway requires.";
        return new ProblemResult(AccessProblems.Forbidden) { Detail = detail }
            .ExecuteAsync(Context);
    }
}
