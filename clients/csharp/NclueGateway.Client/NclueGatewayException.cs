using System.Net;

namespace NclueGateway.Client;

/// <summary>
/// An answer came, but not the one that was asked for: <see cref="Problem"/> has the gateway's reasons, or is null where something else
/// answered or the answer cannot be read. <see cref="HttpRequestException.StatusCode"/> is always set.
/// </summary>
/// <param name="status">The status of the answer.</param>
/// <param name="message">What is wrong with it.</param>
/// <param name="problem">What the gateway says about it.</param>
/// <param name="retryAfter">When to ask again.</param>
/// <param name="error">
/// <see cref="HttpRequestError.ResponseEnded"/> for a body that was cut, <see cref="HttpRequestError.InvalidResponse"/> for a 200 that is no page.
/// </param>
/// <param name="inner">What it was found by.</param>
public sealed class NclueGatewayException(
    HttpStatusCode status, string message, NclueGatewayProblem? problem = null, TimeSpan? retryAfter = null,
    HttpRequestError error = HttpRequestError.Unknown, Exception? inner = null)
    : HttpRequestException(error, message, inner, status)
{
    /// <summary>What the gateway says about it; null where the answer is not a problem of the gateway.</summary>
    public NclueGatewayProblem? Problem { get; } = problem;

    /// <summary>After which time to ask again, 1 second to 1 day; null where the answer does not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
