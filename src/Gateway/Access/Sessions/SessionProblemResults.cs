using Microsoft.AspNetCore.Diagnostics;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>Problem responses of browser sign-in.</summary>
internal static class SessionProblemResults
{
    /// <summary>Problem while the session store is unavailable. Redis is used again within ten seconds of its return.</summary>
    public static readonly ProblemResult Unavailable = new(AccessProblems.SessionStoreUnavailable)
    {
        Detail = "Sessions cannot be looked up now. The session is not lost: try again, without signing in.",
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static ProblemResult TooManyUnknownCookies(TimeSpan wait) => new(AccessProblems.CallerQuota)
    {
        Detail = "This address sends too many requests with unknown session cookies (Quota:AnonymousPerSecond).",
        RetryAfter = wait,
    };

    public static readonly ProblemResult SignInUnavailable = new(AccessProblems.SessionStoreUnavailable)
    {
        Detail = "Sign-in is not possible now: the gateway cannot store the session. Try again in some seconds.",
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static readonly ProblemResult ProviderAway =
        SignInFailed("The identity provider does not respond. Sign in again in some seconds.");

    public static ProblemResult SignInRequired(string detail) =>
        new(AccessProblems.Unauthenticated) { Detail = detail, Login = SessionConstants.Login };

    public static ProblemResult SignInFailed(string detail) => new(AccessProblems.SignInFailed) { Detail = detail };
}

/// <summary>Responds with <see cref="SessionProblemResults.Unavailable"/> to any request that cannot reach the sessions.</summary>
internal sealed class SessionStoreUnavailableHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not SessionStoreUnavailableException)
        {
            return false;
        }

        await SessionProblemResults.Unavailable.ExecuteAsync(httpContext);
        return true;
    }
}
