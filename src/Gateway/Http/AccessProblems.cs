namespace NclueGateway.Http;

/// <summary>Problems of sign-in, permissions, sessions and rate limits.</summary>
internal static class AccessProblems
{
    public static readonly ProblemType SignInFailed = new(
        "sign-in-failed",
        StatusCodes.Status400BadRequest,
        "The sign-in has failed",
        "A sign-in with a browser was not completed. It took longer than 15 minutes, was started in another browser or window, or was "
            + "already completed (the Back button). Or the company's identity provider refused it or did not respond.",
        "Return to the page where you started and sign in again. If your browser blocks cookies, allow them for this site.",
        "If every sign-in fails, compare Auth:Session:ClientId and ClientSecret with the client's registration at the "
            + "provider. The redirect URI registered there must be Http:PublicOrigin followed by Http:PathBase and "
            + "/session/callback. The log names the kind of failure.");

    public static readonly ProblemType Unauthenticated = new(
        "unauthenticated",
        StatusCodes.Status401Unauthorized,
        "Sign-in is required",
        "The request has neither a valid access token nor a valid browser session. A token may have expired, be issued for "
            + "another audience, be signed with an unknown key, or not be an access token (an id token, for example). A "
            + "session may have ended by a sign-out, by its idle or absolute timeout, or because the identity provider ended "
            + "it. If the request has an Authorization header, its session is ignored.",
        "A program: get a new access token from the company's identity provider and send it as \"Authorization: Bearer\" "
            + "followed by the token. The header WWW-Authenticate states why a token was rejected. A page in a browser: offer "
            + "to sign in at the path in the member login; without that member, browsers cannot sign in here.",
        "If every request is refused, compare Auth:Authority and Auth:Audience with the tokens that the provider issues, "
            + "check the gateway's clock, and check that the gateway can reach the provider. A rollover of the provider's "
            + "keys needs no action. If sessions end too early, see Auth:Session:IdleTimeout and "
            + "Auth:Session:AbsoluteTimeout; without Redis they also end with the process.");

    public static readonly ProblemType Forbidden = new(
        "forbidden",
        StatusCodes.Status403Forbidden,
        "The caller does not have permission",
        "The access token or the session is valid, but does not grant the permission that the resource requires, or lacks a "
            + "claim that this gateway requires.",
        "With a token: request one with the scope that the header WWW-Authenticate names. If the provider does not grant it, or with a "
            + "session, ask the person who manages access in the company. Until then, sending the same token or signing in again does not "
            + "help.",
        "Grant the scope or role named by Auth:ReadScope to the caller or its group, and check Auth:RequiredClaims. A permission that is "
            + "granted later applies to a session at the next sign-in, or within minutes if the provider issues refresh tokens.");

    public static readonly ProblemType CsrfHeaderMissing = new(
        "csrf-header-missing",
        StatusCodes.Status403Forbidden,
        "The header X-CSRF is missing",
        "The request is authenticated by its session cookie, which browsers also send with requests that another site causes. The header "
            + "X-CSRF: 1 proves that a script of an allowed origin sent the request.",
        "Send the header X-CSRF: 1 with every request to /api and /session. A request with an access token does not need it.",
        "No action is needed.");

    public static readonly ProblemType CallerQuota = new(
        "caller-quota",
        StatusCodes.Status429TooManyRequests,
        "This caller sends too many requests",
        "The caller has exceeded its rate limit. Before sign-in, the limit applies to the caller's address. Other callers are "
            + "not affected.",
        "Wait for the number of seconds in the header Retry-After, and then send fewer requests. Use If-None-Match with the last ETag, and "
            + "do not read many distant pages at the same time.",
        "If the caller needs more, raise the setting that the member detail names: Quota:RequestsPerSecond and Quota:Burst for requests, "
            + "Quota:ColdBlocks for distant pages, Quota:Streams for streams and waiting polls, Quota:AnonymousPerSecond for sign-ins and "
            + "unknown session cookies from one address. If every sign-in comes from the same address, it belongs to a proxy that the "
            + "gateway does not know: see Http:KnownProxies.");

    public static readonly ProblemType SessionStoreUnavailable = new(
        "session-store-unavailable",
        StatusCodes.Status503ServiceUnavailable,
        "Sessions cannot be looked up",
        "The gateway stores sessions in Redis. Redis does not respond, and this replica does not have the session in memory. "
            + "Sessions are not lost. Callers with an access token are not affected.",
        "Retry after the number of seconds in the header Retry-After. Do not sign in again: the session still exists.",
        "Find out why Redis does not respond. The log contains the reason and the time of the first failure.");
}
