using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;
using NclueGateway.Access.Callers;
using NclueGateway.Access.RateLimits;
using NclueGateway.Http;
using NclueGateway.Http.Pages;
using NclueGateway.Observability.Audit;

namespace NclueGateway.Access.Sessions;

/// <summary>Sign-in, sign-out and the session of a browser.</summary>
internal static class SessionEndpoints
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Maps the endpoints below <c>/session</c>.</summary>
    /// <param name="app">The application.</param>
    /// <param name="isOn">
    /// True if browser sign-in is on. If not, the endpoints are only described, and no request reaches them.
    /// </param>
    public static void MapSessions(this IEndpointRouteBuilder app, bool isOn)
    {
        var routes = app.MapGroup("");
        if (!isOn)
        {
            routes.WithMetadata(new SuppressMatchingMetadata());
        }

        var signIn = routes.MapGroup("").AllowAnonymous().WithRateLimit(RateLimit.Address)
            .AddEndpointFilter(ActivatorUtilities.CreateInstance<SignInRateLimit>(app.ServiceProvider));
        signIn.MapGet(SessionConstants.Login, LoginAsync)
            .WithName("login").WithSummary("Sign in")
            .WithDescription("For navigation, not for scripts. Redirects to the company's identity provider and from there to `returnUrl`, "
                + "signed in. A browser that asks for HTML gets a page in place of a problem." + SessionOpenApi.SignInIsOff)
            .IsPage(isDescribed: true)
            .DescribeLogin();
        signIn.Map(SessionConstants.Callback, CallbackAsync).IsPage();
        signIn.MapPost(SessionConstants.BackChannelLogout, BackChannelLogoutAsync).ExcludeFromDescription();
        var ofSession = routes.MapGroup("").RequireAuthorization().AddEndpointFilter((context, next) =>
            context.HttpContext.Features.Get<CachedSession>() is null ? new(NoSession) : next(context));
        ofSession.MapGet(SessionConstants.Path, DescribeAsync)
            .WithName("getSession").WithSummary("Get the current session")
            .WithDescription("Does not extend the session." + SessionOpenApi.SignInIsOff)
            .DescribeSession();
        ofSession.MapPost(SessionConstants.Logout, LogoutAsync)
            .WithName("logout").WithSummary("Sign out")
            .WithDescription("Ends the session of the cookie, on every replica." + SessionOpenApi.SignInIsOff)
            .DescribeLogout();
    }

    /// <summary>
    /// Isolates the response from the window that opened it. Otherwise a site that opened the sign-in in a window could
    /// begin one sign-in after the other in it, or observe its target. Browsers apply this header of a redirect too.
    /// </summary>
    public static void SeverFromOpener(HttpResponse response) => response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";

    private static async Task LoginAsync(HttpContext context, [FromServices] AuthOptions auth, [FromServices] TimeProvider time)
    {
        SeverFromOpener(context.Response);
        var given = context.Request.Query["returnUrl"];
        var returnUrl = given.Count switch
        {
            0 => context.Request.PathBase + "/",
            1 => ReturnUrl.Check(given[0] ?? "", auth.AllowedOrigins),
            _ => null,
        };
        if (returnUrl is null)
        {
            var errors = new Dictionary<string, string[]>(StringComparer.Ordinal)
            {
                ["returnUrl"] = ["It must be a path of this gateway, or an address at one of the origins in Auth:AllowedOrigins."],
            };
            await new SignInRefusal(new(HttpProblems.InvalidRequest) { Errors = errors }).ExecuteAsync(context);
            return;
        }

        try
        {
            var properties = new AuthenticationProperties { RedirectUri = returnUrl, IssuedUtc = time.GetUtcNow() };
            await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
        }
        catch (OidcProviderException)
        {
            await new SignInRefusal(SessionProblemResults.ProviderAway, returnUrl).ExecuteAsync(context);
        }
        catch (Exception keys) when (RedisKeyRepository.IsOutOfReach(keys))
        {
            await new SignInRefusal(SessionProblemResults.SignInUnavailable, returnUrl).ExecuteAsync(context);
        }
    }

    /// <summary>
    /// Calls the framework's handler. As middleware it would run before the rate limit and without any endpoint policy.
    /// </summary>
    private static async Task CallbackAsync(HttpContext context, [FromServices] IAuthenticationHandlerProvider handlers)
    {
        var handler = await handlers.GetHandlerAsync(context, OpenIdConnectDefaults.AuthenticationScheme);
        if (!await ((IAuthenticationRequestHandler)handler!).HandleRequestAsync())
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound; // the router also matches a slash at the end
        }
    }

    private static async Task DescribeAsync(HttpContext context, [FromServices] AuthOptions auth)
    {
        var session = context.Features.GetRequiredFeature<CachedSession>();
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(
            new SessionContract.Session
            {
                Subject = session.Caller.Caller.Subject,
                Name = session.Session.Name,
                Permissions = [.. session.Caller.Permissions.Select(permission => permission.GetScope(auth))],
                IdleExpiresAt = Text(session.IdleExpiresAt < session.Session.AbsoluteExpiresAt
                    ? session.IdleExpiresAt
                    : session.Session.AbsoluteExpiresAt),
                AbsoluteExpiresAt = Text(session.Session.AbsoluteExpiresAt),
            },
            Json);
    }

    private static async Task LogoutAsync(HttpContext context, [FromServices] SignOut signOut)
    {
        await signOut.EndAsync(context, context.Features.GetRequiredFeature<CachedSession>());
        await context.Response.WriteAsJsonAsync(
            new SessionContract.SignedOut { LogoutUrl = await signOut.GetLogoutUrlAsync() }, Json);
    }

    private static async Task BackChannelLogoutAsync(
        HttpContext context,
        [FromServices] LogoutTokenValidator tokens,
        [FromServices] SessionCache store,
        [FromServices] BrowserSessionOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (await ReadLogoutTokenAsync(context) is not [{ Length: > 0 } token] || await tokens.ReadAsync(token) is not { } logout)
        {
            const string detail = "Send one valid, unused logout_token of the identity provider.";
            await new ProblemResult(HttpProblems.InvalidRequest) { Detail = detail }.ExecuteAsync(context);
            return;
        }

        await store.EndAsync(logout.Sid, logout.Subject);
        await tokens.SpendAsync(logout);
        context.Features.Get<AuditEvent>()?.RecordSession(AuditKind.BackChannelLogout, options.ClientId, logout.Subject);
    }

    /// <summary>
    /// Returns the values of <c>logout_token</c>; none where the body is not a form as OpenID Connect Back-Channel Logout 1.0
    /// §2.5 requires.
    /// </summary>
    private static async Task<StringValues> ReadLogoutTokenAsync(HttpContext context) =>
        await FormBody.ReadAsync(context) is { } form ? form["logout_token"] : default;

    /// <summary>
    /// Formats a time by RFC 3339 in whole seconds, rounded down, so that the time is not after the end of the session.
    /// </summary>
    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Problem for a caller with a token, who has no session.</summary>
    private static ProblemResult NoSession =>
        SessionProblemResults.SignInRequired("A token has no session: this is for browsers that have signed in.");
}
