using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// What holds for a request that counts by its cookie alone. A browser sends the cookie whoever made it send the request, so the request must
/// bear a header that only a script of an allowed origin can set (a custom header makes the browser ask first: CORS). Then the session is
/// used, and its idle time begins anew.
/// </summary>
internal static class SessionGuard
{
    /// <summary>The header that says that a script has sent the request; its value is 1.</summary>
    public const string CsrfHeader = "X-CSRF";

    /// <summary>Goes between authentication and authorisation.</summary>
    public static IApplicationBuilder UseSessionGuard(this IApplicationBuilder app) => app.Use(GuardAsync);

    private static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<HeldSession>() is { } session && BearerSignIn.IsClosed(context.GetEndpoint()))
        {
            if (context.Request.Headers[CsrfHeader] is not ["1"])
            {
                await new ProblemAnswer(Problems.CsrfHeaderMissing)
                {
                    Detail = $"Send the header {CsrfHeader}: 1 with every request that counts by the session cookie.",
                }.ExecuteAsync(context);
                return;
            }

            // Who only looks whether there is a session does not use it.
            if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
            {
                await context.RequestServices.GetRequiredService<SessionStore>().ExtendAsync(session);
            }
        }

        await next(context);
    }
}
