namespace NclueGateway.Http;

/// <summary>Problems of HTTP itself and of the gateway's own state.</summary>
internal static class HttpProblems
{
    public static readonly ProblemType InvalidRequest = new(
        "invalid-request",
        StatusCodes.Status400BadRequest,
        "The request is not valid",
        "The request is malformed: a parameter is unknown, repeated or out of range, the body is "
            + "invalid, or the request is for another host. Nothing was sent to NCLUE.",
        "Read the member errors, which lists each invalid parameter and its allowed values, or the member detail. The request "
            + "will fail again until it is changed.",
        "If one client sends such requests, inform its developers. If every request is refused because it is for another host, compare "
            + "Http:PublicOrigin with the address that people use, and check that the proxy forwards the header Host unchanged.")
    {
        OtherStatuses =
        [
            new(StatusCodes.Status408RequestTimeout, "The body arrived too slowly."),
            new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {RequestLimits.Body / 1024} KiB."),
        ],
    };

    public static readonly ProblemType NotFound = new(
        "not-found",
        StatusCodes.Status404NotFound,
        "There is no resource at this address",
        "The gateway has no resource at this path. If the path ends in the id of a task run, NCLUE's list has no such run.",
        "Compare the path with the API's description at /openapi/v1.json. Of a task run, check the id: the header Age says how old "
            + "the list is that does not contain it.",
        "If the gateway is behind a proxy, check that the proxy does not change the path.");

    public static readonly ProblemType MethodNotAllowed = new(
        "method-not-allowed",
        StatusCodes.Status405MethodNotAllowed,
        "The method is not allowed here",
        "The path exists, but does not support this HTTP method. The gateway only reads; it never creates or deletes anything in NCLUE.",
        "Use one of the methods in the header Allow.",
        "No action is needed.");

    public static readonly ProblemType NotAcceptable = new(
        "not-acceptable",
        StatusCodes.Status406NotAcceptable,
        "No acceptable media type is available",
        "The header Accept excludes every media type in which the resource is available. Resources are available as "
            + "application/json, and / also as text/html.",
        "Send \"Accept: application/json\", or no Accept header at all.",
        "No action is needed.");

    public static readonly ProblemType PreconditionFailed = new(
        "precondition-failed",
        StatusCodes.Status412PreconditionFailed,
        "A precondition of the request is not met",
        "The header If-Match does not contain the current entity tag of this resource. Weak tags (W/) never match in If-Match (RFC 9110, "
            + "section 13.1.1).",
        "Send the request without If-Match, and use the ETag of that response. To avoid receiving an unchanged body again, send "
            + "If-None-Match.",
        "No action is needed.");

    public static readonly ProblemType InternalError = new(
        "internal-error",
        StatusCodes.Status500InternalServerError,
        "The gateway has failed",
        "An unexpected error occurred in the gateway. Your data in NCLUE is not affected.",
        "Retry once. If the error persists, report it together with the member traceId.",
        "Search the log for the trace id, and report the exception that is logged with it.");

    public static readonly ProblemType Draining = new(
        "draining",
        StatusCodes.Status503ServiceUnavailable,
        "This replica is shutting down",
        "This replica of the gateway is shutting down and accepts no more requests. Another replica will respond.",
        "Retry after the number of seconds in the header Retry-After, on a new connection.",
        "No action is needed during a restart. If callers see this problem, the load balancer still sends requests to a replica that has "
            + "been unready for Operations:DrainDelay. Make that setting longer than the load balancer takes to notice.");
}
