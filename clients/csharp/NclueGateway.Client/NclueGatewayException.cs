using System.Net;

namespace NclueGateway.Client;

/// <summary>
/// Thrown for a response that is not the requested content. <see cref="Problem"/> has the gateway's reasons. It is null if
/// another server responded or the response cannot be read. <see cref="HttpRequestException.StatusCode"/> is always
/// set.
/// </summary>
/// <param name="status">Status of the response.</param>
/// <param name="message">Description of the error.</param>
/// <param name="problem">The gateway's problem details.</param>
/// <param name="retryAfter">Time after which to try again.</param>
/// <param name="error">
/// <see cref="HttpRequestError.ResponseEnded"/> for a body that was cut off,
/// <see cref="HttpRequestError.InvalidResponse"/> for a 200 with other content.
/// </param>
/// <param name="inner">Exception that caused this one.</param>
public sealed class NclueGatewayException(
    HttpStatusCode status, string message, NclueGatewayProblem? problem = null, TimeSpan? retryAfter = null,
    HttpRequestError error = HttpRequestError.Unknown, Exception? inner = null)
    : HttpRequestException(error, message, inner, status)
{
    /// <summary>The gateway's problem details; null if the response is not a problem of the gateway.</summary>
    public NclueGatewayProblem? Problem { get; } = problem;

    /// <summary>Time after which to try again, 1 second to 1 day; null if the response does not specify it.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>True if the response has an <c>Age</c>, as a 404 for a run has that is not in the list.</summary>
    internal bool HasAge { get; init; }
}
