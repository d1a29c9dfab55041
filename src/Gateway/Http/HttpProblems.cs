namespace NclueGateway.Http;

/// <summary>Problems of HTTP itself and of the gateway's own state.</summary>
internal static class HttpProblems
{
    public static readonly ProblemType InvalidRequest = new(
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

    public static readonly ProblemType NotFound = new(
        "not-found",
        StatusCodes.Status404NotFound,
        "There is nothing at this address",
        "The gateway has no such path.",
        "Compare the path with the API's description at /openapi/v1.json.",
        "If the gateway is behind a proxy, check that the proxy does not change the path.");

    public static readonly ProblemType MethodNotAllowed = new(
        "method-not-allowed",
        StatusCodes.Status405MethodNotAllowed,
        "The method is not allowed here",
        "The path exists, but not for this HTTP method. The gateway only reads; it never creates or deletes anything in NCLUE.",
        "Use one of the methods in the header Allow.",
        "Nothing.");

    public static readonly ProblemType NotAcceptable = new(
        "not-acceptable",
        StatusCodes.Status406NotAcceptable,
        "The answer cannot be given in an acceptable form",
        "The header Accept leaves no form in which the gateway can answer. It answers with application/json, and at / also with text/html.",
        "Send \"Accept: application/json\", or no Accept header at all.",
        "Nothing.");

    public static readonly ProblemType PreconditionFailed = new(
        "precondition-failed",
        StatusCodes.Status412PreconditionFailed,
        "A precondition of the request is not met",
        "The header If-Match names no entity tag of what is at this address now. Weak tags (W/) never match there (RFC 9110, section 13.1.1).",
        "Send the request without If-Match, and use the ETag of that response. To save a body that has not changed, send If-None-Match.",
        "Nothing.");

    public static readonly ProblemType InternalError = new(
        "internal-error",
        StatusCodes.Status500InternalServerError,
        "The gateway has failed",
        "The gateway met something its makers did not foresee. Your data in NCLUE is not touched.",
        "Try again once. If it stays, report it together with the member traceId.",
        "Search the log for the trace id, and report the exception found there.");

    public static readonly ProblemType Draining = new(
        "draining",
        StatusCodes.Status503ServiceUnavailable,
        "This replica stops",
        "The replica of the gateway that the request came to was told to stop and takes no more. Others, or its successor, do.",
        "Ask again after as many seconds as the header Retry-After says, on a new connection.",
        "Nothing, during a restart. If callers see it, requests still come to a replica that has not been ready for Operations:DrainDelay: make "
            + "that longer than it takes until whatever sends them has noticed.");
}
