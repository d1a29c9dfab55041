namespace NclueGateway.Http;

/// <summary>All problem types of this release. The slugs and statuses are a contract.</summary>
internal static class ProblemTypes
{
    /// <summary>The introduction to the list of problems.</summary>
    public const string Introduction =
        "Every error response of the gateway is one of these problems, as application/problem+json (RFC 9457). Decide by the "
        + "last segment of the member type and by the status, and show the title. An operator finds the request in the log by "
        + "the member traceId.";

    /// <summary>The introduction to <see cref="BeforeAnyRequest"/>.</summary>
    public const string BeforeAnyRequestIntroduction =
        "The server rejects malformed or oversized requests before the gateway processes them. These responses have a status "
        + "but no body and no traceId, and the connection is closed:";

    /// <summary>The statuses of requests that Kestrel itself rejects.</summary>
    public static readonly IReadOnlyList<StatusMeaning> BeforeAnyRequest =
    [
        new(
            StatusCodes.Status400BadRequest,
            "The request line, a header or the length of the body is malformed, or Host is missing or repeated."),
        new(StatusCodes.Status405MethodNotAllowed, "The address is an authority or * with another method than CONNECT or OPTIONS."),
        new(StatusCodes.Status408RequestTimeout, $"The headers took longer than {RequestLimits.HeadersWithin.TotalSeconds} seconds."),
        new(StatusCodes.Status414UriTooLong, $"The request line is longer than {RequestLimits.RequestLine / 1024} KiB."),
        new(
            StatusCodes.Status431RequestHeaderFieldsTooLarge,
            $"There are more than {RequestLimits.HeaderCount} headers, or more than {RequestLimits.AllHeaders / 1024} KiB of them."),
        new(StatusCodes.Status505HttpVersionNotsupported, "The server does not support the HTTP version."),
    ];

    /// <summary>All problem types that the <c>…Problems</c> classes declare, ordered by status.</summary>
    public static readonly IReadOnlyList<ProblemType> All =
    [
        HttpProblems.InvalidRequest, AccessProblems.SignInFailed, AccessProblems.Unauthenticated,
        AccessProblems.Forbidden, AccessProblems.CsrfHeaderMissing, HttpProblems.NotFound,
        HttpProblems.MethodNotAllowed, HttpProblems.NotAcceptable, SnapshotProblems.CursorExpired, SnapshotProblems.ChangesExpired,
        HttpProblems.PreconditionFailed, AccessProblems.CallerQuota, HttpProblems.InternalError, SnapshotProblems.ListTooLarge,
        UpstreamProblems.UpstreamCredentials, UpstreamProblems.UpstreamMalformed, UpstreamProblems.UpstreamError,
        UpstreamProblems.UpstreamBusy, UpstreamProblems.UpstreamQuota, SnapshotProblems.ListIncomplete,
        SnapshotProblems.StreamsExhausted, AccessProblems.SessionStoreUnavailable, HttpProblems.Draining, UpstreamProblems.UpstreamTimeout,
    ];

    /// <summary>Returns the problem with a slug, or null.</summary>
    public static ProblemType? Find(string slug) => All.FirstOrDefault(problem => problem.Slug == slug);

    /// <summary>
    /// Returns the general problem of a status that the framework has chosen. The other problems of these statuses have a
    /// cause that a status does not show.
    /// </summary>
    public static ProblemType ForStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => AccessProblems.Unauthenticated,
        StatusCodes.Status403Forbidden => AccessProblems.Forbidden,
        StatusCodes.Status404NotFound => HttpProblems.NotFound,
        StatusCodes.Status405MethodNotAllowed => HttpProblems.MethodNotAllowed,
        StatusCodes.Status406NotAcceptable => HttpProblems.NotAcceptable,
        StatusCodes.Status412PreconditionFailed => HttpProblems.PreconditionFailed,
        StatusCodes.Status429TooManyRequests => AccessProblems.CallerQuota,
        StatusCodes.Status502BadGateway => UpstreamProblems.UpstreamError,
        StatusCodes.Status503ServiceUnavailable => UpstreamProblems.UpstreamBusy,
        StatusCodes.Status504GatewayTimeout => UpstreamProblems.UpstreamTimeout,
        >= 400 and < 500 => HttpProblems.InvalidRequest,
        _ => HttpProblems.InternalError,
    };
}
