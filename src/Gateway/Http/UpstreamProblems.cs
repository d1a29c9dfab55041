namespace NclueGateway.Http;

/// <summary>Problems of NCLUE, and of the calls to it.</summary>
internal static class UpstreamProblems
{
    public static readonly ProblemType UpstreamCredentials = new(
        "upstream-credentials",
        StatusCodes.Status502BadGateway,
        "NCLUE refuses the gateway's key",
        "NAVER Cloud Platform did not accept the gateway's own access key, and the gateway holds no recent copy of the data. The caller's "
            + "sign-in is not at fault.",
        "Wait; nothing in the request can help. Report it if it stays.",
        "The member detail names the likely cause: the gateway's clock is off by five minutes or more, the key is wrong or was disabled, "
            + "its account lacks the NCLUE permission, or the base address has a wrong path. A changed key is used within seconds, "
            + "without a restart.");

    public static readonly ProblemType UpstreamMalformed = new(
        "upstream-malformed",
        StatusCodes.Status502BadGateway,
        "NCLUE sent an answer that cannot be read",
        "NCLUE answered, but not with the JSON that its documentation describes, or with too much of it. The gateway never shows such an "
            + "answer as an empty list.",
        "Try again later. Report it if it stays.",
        "Search the log for the trace id. If NCLUE has changed its answer, the gateway needs an update; if the answer is too large, see "
            + "Nclue:MaxResponseBytes.");

    public static readonly ProblemType UpstreamError = new(
        "upstream-error",
        StatusCodes.Status502BadGateway,
        "NCLUE has failed",
        "NCLUE answered with an error or could not be reached, and the gateway holds no recent copy of the data.",
        "Try again later; the gateway goes on trying by itself.",
        "Look at the status page of NAVER Cloud Platform, and check that the gateway's network lets it reach the host of "
            + "Nclue:BaseAddress.");

    public static readonly ProblemType UpstreamBusy = new(
        "upstream-busy",
        StatusCodes.Status503ServiceUnavailable,
        "It is not this request's turn yet",
        "NCLUE accepts one request per second for the whole account. This part of the list is not in memory yet: others are in front of it, "
            + "the request for it has only just left, NCLUE has asked for fewer requests, or Redis is away and this replica has no turn "
            + "without it. The member detail says more.",
        "Ask again after as many seconds as the header Retry-After says; the gateway fetches the page in the meantime.",
        "Nothing, if it passes. If it stays, find out which caller reads many distant pages, whether another program uses the same account, "
            + "and why Redis does not answer, if that is what the detail says.");

    public static readonly ProblemType UpstreamQuota = new(
        "upstream-quota",
        StatusCodes.Status503ServiceUnavailable,
        "The account's quota at NCLUE is used up",
        "NAVER Cloud Platform answered that the account has sent too many requests, and the gateway pauses as it was told to.",
        "Ask again after as many seconds as the header Retry-After says.",
        "Find out whether another program uses the same account, and whether all replicas have the same ConnectionStrings:Redis and "
            + "Nclue:Account.");

    public static readonly ProblemType UpstreamTimeout = new(
        "upstream-timeout",
        StatusCodes.Status504GatewayTimeout,
        "NCLUE did not answer in time",
        "The gateway asked NCLUE for this part of the list, got no answer in time, and holds no recent copy of it.",
        "Try again later; the gateway goes on trying by itself.",
        "Look at the status page of NAVER Cloud Platform; see Nclue:Timeout.");
}
