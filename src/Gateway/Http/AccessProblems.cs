namespace NclueGateway.Http;

/// <summary>Problems of sign-in, permissions, sessions and rate limits.</summary>
internal static class AccessProblems
{
    public static readonly ProblemType SignInFailed = new(
        "sign-in-failed",
        StatusCodes.Status400BadRequest,
        "The sign-in has failed",
        "A sign-in with a browser did not come to its end: it took longer than 15 minutes, was begun in another browser or window, was "
            + "finished before (the Back button), was refused by the company's identity provider, or the provider did not answer.",
        "Go back to where you came from and sign in again. If your browser refuses cookies, allow them for this site.",
        "If everybody fails, compare Auth:Session:ClientId and ClientSecret with what the provider has, and the redirect URI registered there "
            + "with Http:PublicOrigin followed by Http:PathBase and /session/callback. The log names the kind of failure.");

    public static readonly ProblemType Unauthenticated = new(
        "unauthenticated",
        StatusCodes.Status401Unauthorized,
        "Sign-in is required",
        "The request carried neither an access token nor a session of a browser that the gateway accepts. A token may have expired, be made "
            + "for another audience, be signed by somebody else, or be no access token at all (an id token, for example). A session may have "
            + "ended: by a sign-out, after a time without use, after its longest time, or because the identity provider ended it. Where there "
            + "is an Authorization header, the session does not count.",
        "A program: get a fresh access token from the company's identity provider and send it as \"Authorization: Bearer\" followed by the "
            + "token. The header WWW-Authenticate says what was wrong with the one that came. A page in a browser: offer to sign in, at the "
            + "path in the member login; without that member, browsers cannot sign in here.",
        "If everybody is refused, compare Auth:Authority and Auth:Audience with the tokens that the provider issues, check the gateway's "
            + "clock, and check that the gateway can reach the provider. A rollover of the provider's keys needs no action. If sessions end "
            + "too early, see Auth:Session:IdleTimeout and Auth:Session:AbsoluteTimeout; without Redis they also end with the process.");

    public static readonly ProblemType Forbidden = new(
        "forbidden",
        StatusCodes.Status403Forbidden,
        "The caller may not do this",
        "The access token or the session is good, but it does not grant the permission that the address requires, or lacks a claim that this "
            + "gateway requires.",
        "With a token: ask for one with the scope that the header WWW-Authenticate names. If the provider does not grant it, or with a "
            + "session, ask whoever manages access in the company. Sending the same token again or signing in again does not help before that.",
        "Grant the scope or role named by Auth:ReadScope to the caller or its group, and check Auth:RequiredClaims. A session gets a permission "
            + "that was granted later at the next sign-in, or within minutes where the provider gives refresh tokens.");

    public static readonly ProblemType CsrfHeaderMissing = new(
        "csrf-header-missing",
        StatusCodes.Status403Forbidden,
        "The header X-CSRF is missing",
        "The request counts by its session cookie, which browsers also send when another site makes them. The header X-CSRF: 1 shows that a "
            + "script of an allowed origin has sent it.",
        "Send the header X-CSRF: 1 with every request to /api and /session. A request with an access token does not need it.",
        "Nothing.");

    public static readonly ProblemType CallerQuota = new(
        "caller-quota",
        StatusCodes.Status429TooManyRequests,
        "This caller sends too many requests",
        "The caller, or before sign-in the address, has used up its own share of the gateway. Other callers are not affected.",
        "Wait for as many seconds as the header Retry-After says, and then send fewer requests. Use If-None-Match with the last ETag, and "
            + "do not read many distant pages at the same time.",
        "If the caller's need is real, raise the setting that the member detail names: Quota:RequestsPerSecond and Quota:Burst for requests, "
            + "Quota:ColdBlocks for distant pages, Quota:AnonymousPerSecond for sign-ins and for cookies of no session from one address. If "
            + "every sign-in comes from the same address, it is that of a proxy which the gateway does not know: see Http:KnownProxies.");

    public static readonly ProblemType SessionStoreUnavailable = new(
        "session-store-unavailable",
        StatusCodes.Status503ServiceUnavailable,
        "Sessions cannot be looked up",
        "The gateway keeps sessions in Redis, Redis does not answer, and this replica has not seen the session lately. Nobody has been signed "
            + "out. Callers with an access token are not affected.",
        "Try again after as many seconds as the header Retry-After says. Do not sign in again: the session is still there.",
        "Find out why Redis does not answer; the log says since when.");
}
