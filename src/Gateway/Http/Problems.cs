using System.Collections.Frozen;

namespace NclueGateway.Http;

/// <summary>Every problem this release can answer with. The slugs and statuses are a contract.</summary>
internal static class Problems
{
    public static readonly Problem InvalidRequest = new(
        "invalid-request",
        StatusCodes.Status400BadRequest,
        "The request is not valid",
        "The gateway understands the address but not what was asked of it: a parameter is unknown, repeated or out of range, the body is not "
            + "what belongs there, or the request is for another host. Nothing was sent to NCLUE.",
        "Read the member errors, which names each parameter and says what it may be, or the member detail. The request will fail again until "
            + "it is changed.",
        "Nothing, if one client sends such requests: tell its developers. If every request is refused as one for another host, compare "
            + "Http:PublicOrigin with the address that people use, and check that the proxy in front keeps the header Host.")
    {
        OtherStatuses =
        [
            new(StatusCodes.Status408RequestTimeout, "The body came too slowly."),
            new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {RequestLimits.Body / 1024} KiB."),
        ],
    };

    public static readonly Problem SignInFailed = new(
        "sign-in-failed",
        StatusCodes.Status400BadRequest,
        "The sign-in has failed",
        "A sign-in with a browser did not come to its end: it took longer than 15 minutes, was begun in another browser or window, was "
            + "finished before (the Back button), was refused by the company's identity provider, or the provider did not answer.",
        "Go back to where you came from and sign in again. If your browser refuses cookies, allow them for this site.",
        "If everybody fails, compare Auth:Session:ClientId and ClientSecret with what the provider has, and the redirect URI registered there "
            + "with Http:PublicOrigin followed by Http:PathBase and /session/callback. The log names the kind of failure.");

    public static readonly Problem Unauthenticated = new(
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

    public static readonly Problem Forbidden = new(
        "forbidden",
        StatusCodes.Status403Forbidden,
        "The caller may not do this",
        "The access token or the session is good, but it does not grant the permission that the address requires, or lacks a claim that this "
            + "gateway requires.",
        "With a token: ask for one with the scope that the header WWW-Authenticate names. If the provider does not grant it, or with a "
            + "session, ask whoever manages access in the company. Sending the same token again or signing in again does not help before that.",
        "Grant the scope or role named by Auth:ReadScope to the caller or its group, and check Auth:RequiredClaims. A session gets a permission "
            + "that was granted later at the next sign-in, or within minutes where the provider gives refresh tokens.");

    public static readonly Problem CsrfHeaderMissing = new(
        "csrf-header-missing",
        StatusCodes.Status403Forbidden,
        "The header X-CSRF is missing",
        "The request counts by its session cookie, which browsers also send when another site makes them. The header X-CSRF: 1 shows that a "
            + "script of an allowed origin has sent it.",
        "Send the header X-CSRF: 1 with every request to /api and /session. A request with an access token does not need it.",
        "Nothing.");

    public static readonly Problem NotFound = new(
        "not-found",
        StatusCodes.Status404NotFound,
        "There is nothing at this address",
        "The gateway has no such path.",
        "Compare the path with the API's description at /openapi/v1.json.",
        "If the gateway is behind a proxy, check that the proxy does not change the path.");

    public static readonly Problem MethodNotAllowed = new(
        "method-not-allowed",
        StatusCodes.Status405MethodNotAllowed,
        "The method is not allowed here",
        "The path exists, but not for this HTTP method. The gateway only reads; it never creates or deletes anything in NCLUE.",
        "Use one of the methods in the header Allow.",
        "Nothing.");

    public static readonly Problem NotAcceptable = new(
        "not-acceptable",
        StatusCodes.Status406NotAcceptable,
        "The answer cannot be given in an acceptable form",
        "The header Accept leaves no form in which the gateway can answer. It answers with application/json, and at / also with text/html.",
        "Send \"Accept: application/json\", or no Accept header at all.",
        "Nothing.");

    public static readonly Problem PreconditionFailed = new(
        "precondition-failed",
        StatusCodes.Status412PreconditionFailed,
        "A precondition of the request is not met",
        "The header If-Match names no entity tag of what is at this address now. Weak tags (W/) never match there (RFC 9110, section 13.1.1).",
        "Send the request without If-Match, and use the ETag of that response. To save a body that has not changed, send If-None-Match.",
        "Nothing.");

    public static readonly Problem CallerQuota = new(
        "caller-quota",
        StatusCodes.Status429TooManyRequests,
        "This caller sends too many requests",
        "The caller, or before sign-in the address, has used up its own share of the gateway. Other callers are not affected.",
        "Wait for as many seconds as the header Retry-After says, and then send fewer requests. Use If-None-Match with the last ETag, and "
            + "do not read many distant pages at the same time.",
        "If the caller's need is real, raise the setting that the member detail names: Quota:RequestsPerSecond and Quota:Burst for requests, "
            + "Quota:ColdBlocks for distant pages, Quota:AnonymousPerSecond for sign-ins and for cookies of no session from one address. If "
            + "every sign-in comes from the same address, it is that of a proxy which the gateway does not know: see Http:KnownProxies.");

    public static readonly Problem InternalError = new(
        "internal-error",
        StatusCodes.Status500InternalServerError,
        "The gateway has failed",
        "The gateway met something its makers did not foresee. Your data in NCLUE is not touched.",
        "Try again once. If it stays, report it together with the member traceId.",
        "Search the log for the trace id, and report the exception found there.");

    public static readonly Problem UpstreamCredentials = new(
        "upstream-credentials",
        StatusCodes.Status502BadGateway,
        "NCLUE refuses the gateway's key",
        "NAVER Cloud Platform did not accept the gateway's own access key, and the gateway holds no recent copy of the data. The caller's "
            + "sign-in is not at fault.",
        "Wait; nothing in the request can help. Report it if it stays.",
        "The member detail names the likely cause: the gateway's clock is off by five minutes or more, the key is wrong or was disabled, "
            + "its account lacks the NCLUE permission, or the base address has a wrong path. A changed key is used within seconds, "
            + "without a restart.");

    public static readonly Problem UpstreamMalformed = new(
        "upstream-malformed",
        StatusCodes.Status502BadGateway,
        "NCLUE sent an answer that cannot be read",
        "NCLUE answered, but not with the JSON that its documentation describes, or with too much of it. The gateway never shows such an "
            + "answer as an empty list.",
        "Try again later. Report it if it stays.",
        "Search the log for the trace id. If NCLUE has changed its answer, the gateway needs an update; if the answer is too large, see "
            + "Nclue:MaxResponseBytes.");

    public static readonly Problem UpstreamError = new(
        "upstream-error",
        StatusCodes.Status502BadGateway,
        "NCLUE has failed",
        "NCLUE answered with an error or could not be reached, and the gateway holds no recent copy of the data.",
        "Try again later; the gateway goes on trying by itself.",
        "Look at the status page of NAVER Cloud Platform, and check that the gateway's network lets it reach the host of "
            + "Nclue:BaseAddress.");

    public static readonly Problem UpstreamBusy = new(
        "upstream-busy",
        StatusCodes.Status503ServiceUnavailable,
        "It is not this request's turn yet",
        "NCLUE accepts one request per second for the whole account. This part of the list is not in memory yet: others are in front of it, "
            + "the request for it has only just left, NCLUE has asked for fewer requests, or Redis is away and this replica has no turn "
            + "without it. The member detail says more.",
        "Ask again after as many seconds as the header Retry-After says; the gateway fetches the page in the meantime.",
        "Nothing, if it passes. If it stays, find out which caller reads many distant pages, whether another program uses the same account, "
            + "and why Redis does not answer, if that is what the detail says.");

    public static readonly Problem UpstreamQuota = new(
        "upstream-quota",
        StatusCodes.Status503ServiceUnavailable,
        "The account's quota at NCLUE is used up",
        "NAVER Cloud Platform answered that the account has sent too many requests, and the gateway pauses as it was told to.",
        "Ask again after as many seconds as the header Retry-After says.",
        "Find out whether another program uses the same account, and whether all replicas have the same ConnectionStrings:Redis and "
            + "Nclue:Account.");

    public static readonly Problem SessionStoreUnavailable = new(
        "session-store-unavailable",
        StatusCodes.Status503ServiceUnavailable,
        "Sessions cannot be looked up",
        "The gateway keeps sessions in Redis, Redis does not answer, and this replica has not seen the session lately. Nobody has been signed "
            + "out. Callers with an access token are not affected.",
        "Try again after as many seconds as the header Retry-After says. Do not sign in again: the session is still there.",
        "Find out why Redis does not answer; the log says since when.");

    public static readonly Problem Draining = new(
        "draining",
        StatusCodes.Status503ServiceUnavailable,
        "This replica stops",
        "The replica of the gateway that the request came to was told to stop and takes no more. Others, or its successor, do.",
        "Ask again after as many seconds as the header Retry-After says, on a new connection.",
        "Nothing, during a restart. If callers see it, requests still come to a replica that has not been ready for Operations:DrainDelay: make "
            + "that longer than it takes until whatever sends them has noticed.");

    public static readonly Problem UpstreamTimeout = new(
        "upstream-timeout",
        StatusCodes.Status504GatewayTimeout,
        "NCLUE did not answer in time",
        "The gateway asked NCLUE for this part of the list, got no answer in time, and holds no recent copy of it.",
        "Try again later; the gateway goes on trying by itself.",
        "Look at the status page of NAVER Cloud Platform; see Nclue:Timeout.");

    /// <summary>What all of them have in common; two sentences.</summary>
    public const string Introduction =
        "Everything that the gateway refuses or cannot do is answered with one of these problems, as application/problem+json (RFC 9457). "
        + "Decide by the end of the member type and by the status, and show the title; the member traceId is what an operator finds the "
        + "request by.";

    /// <summary>What <see cref="BeforeAnyRequest"/> is.</summary>
    public const string BeforeAnyRequestIntroduction =
        "The server refuses some of what comes over a connection before it is a request. These answers have a status, no body and no "
        + "traceId, and the connection is closed:";

    /// <summary>The statuses with which the server answers what never becomes a request.</summary>
    public static readonly IReadOnlyList<StatusMeaning> BeforeAnyRequest =
    [
        new(StatusCodes.Status400BadRequest, "The request line, a header or the length of the body is malformed, or Host is missing or repeated."),
        new(StatusCodes.Status405MethodNotAllowed, "The address is an authority or * with another method than CONNECT or OPTIONS."),
        new(StatusCodes.Status408RequestTimeout, $"The headers took longer than {RequestLimits.HeadersWithin.TotalSeconds} seconds."),
        new(StatusCodes.Status414UriTooLong, $"The request line is longer than {RequestLimits.RequestLine / 1024} KiB."),
        new(
            StatusCodes.Status431RequestHeaderFieldsTooLarge,
            $"There are more than {RequestLimits.HeaderCount} headers, or more than {RequestLimits.AllHeaders / 1024} KiB of them."),
        new(StatusCodes.Status505HttpVersionNotsupported, "The version of HTTP is none that the server speaks."),
    ];

    /// <summary>All of them, in the order of their statuses.</summary>
    public static readonly IReadOnlyList<Problem> All =
    [
        InvalidRequest, SignInFailed, Unauthenticated, Forbidden, CsrfHeaderMissing, NotFound, MethodNotAllowed, NotAcceptable,
        PreconditionFailed, CallerQuota, InternalError, UpstreamCredentials, UpstreamMalformed, UpstreamError, UpstreamBusy, UpstreamQuota, SessionStoreUnavailable,
        Draining, UpstreamTimeout,
    ];

    private static readonly FrozenDictionary<string, Problem> BySlug =
        All.ToFrozenDictionary(problem => problem.Slug, StringComparer.Ordinal);

    /// <summary>The problem with that slug, or null.</summary>
    public static Problem? Find(string slug) => BySlug.GetValueOrDefault(slug);

    /// <summary>The nearest problem for a status that the framework, not the gateway, has chosen.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => Unauthenticated,
        StatusCodes.Status403Forbidden => Forbidden,
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
        StatusCodes.Status406NotAcceptable => NotAcceptable,
        StatusCodes.Status412PreconditionFailed => PreconditionFailed,
        StatusCodes.Status429TooManyRequests => CallerQuota,
        StatusCodes.Status502BadGateway => UpstreamError,
        StatusCodes.Status503ServiceUnavailable => UpstreamBusy,
        StatusCodes.Status504GatewayTimeout => UpstreamTimeout,
        >= 400 and < 500 => InvalidRequest,
        _ => InternalError,
    };
}
