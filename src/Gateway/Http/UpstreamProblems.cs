namespace NclueGateway.Http;

/// <summary>Problems of NCLUE and of requests to it.</summary>
internal static class UpstreamProblems
{
    public static readonly ProblemType UpstreamCredentials = new(
        "upstream-credentials",
        StatusCodes.Status502BadGateway,
        "NCLUE refuses the gateway's key",
        "NAVER Cloud Platform rejected the gateway's own access key, and the gateway has no recent copy of the data. The "
            + "caller's sign-in is not the cause.",
        "Wait; changing the request does not help. Report the problem if it persists.",
        "The member detail names the likely cause: the gateway's clock is off by five minutes or more, the key is wrong or was disabled, "
            + "its account lacks the NCLUE permission, or the base address has a wrong path. A changed key takes effect within seconds, "
            + "without a restart.");

    public static readonly ProblemType UpstreamMalformed = new(
        "upstream-malformed",
        StatusCodes.Status502BadGateway,
        "NCLUE sent a response that cannot be read",
        "The response of NCLUE is not the JSON that its documentation describes, or it is too large. The gateway never "
            + "returns an empty list in its place.",
        "Retry later. Report the problem if it persists.",
        "Search the log for the trace id. If NCLUE has changed its response format, the gateway needs an update; if the response is too "
            + "large, see Nclue:MaxResponseBytes.");

    public static readonly ProblemType UpstreamError = new(
        "upstream-error",
        StatusCodes.Status502BadGateway,
        "NCLUE has failed",
        "NCLUE sent an error or could not be reached, and the gateway has no recent copy of the data.",
        "Retry later; the gateway itself keeps trying.",
        "Check the status page of NAVER Cloud Platform, and check that the gateway's network can reach the host of Nclue:BaseAddress. If "
            + "the member detail names Nclue:Proxy, check that proxy, its user and its password.");

    public static readonly ProblemType UpstreamBusy = new(
        "upstream-busy",
        StatusCodes.Status503ServiceUnavailable,
        "The requested page is not loaded yet",
        "NCLUE accepts one request per second for the whole account, and the gateway does not have this part of the list yet. "
            + "The request for it is queued or in flight, NCLUE has throttled the gateway, or Redis is unavailable and this "
            + "replica may not send requests without it. The member detail states which.",
        "Retry after the number of seconds in the header Retry-After; the gateway fetches the page in the meantime.",
        "No action is needed unless the problem persists. Then find out which caller reads many distant pages, and whether another "
            + "program uses the same account. If the detail names Redis, find out why Redis does not respond.");

    public static readonly ProblemType UpstreamQuota = new(
        "upstream-quota",
        StatusCodes.Status503ServiceUnavailable,
        "The account's quota at NCLUE is used up",
        "NAVER Cloud Platform responded that the account has sent too many requests, and the gateway pauses for the requested time.",
        "Retry after the number of seconds in the header Retry-After.",
        "Find out whether another program uses the same account, and whether all replicas have the same ConnectionStrings:Redis and "
            + "Nclue:Account.");

    public static readonly ProblemType UpstreamTimeout = new(
        "upstream-timeout",
        StatusCodes.Status504GatewayTimeout,
        "NCLUE did not respond in time",
        "The gateway requested this part of the list from NCLUE, received no response in time, and has no recent copy of it.",
        "Retry later; the gateway itself keeps trying.",
        "Check the status page of NAVER Cloud Platform. If NCLUE responds, but later than Nclue:Timeout, raise that setting. "
            + "If the member detail names Nclue:Proxy, check that proxy.");
}
