using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>The result of a read: a page with its age and cache status, or a failure.</summary>
internal readonly record struct ReadResult(PageSlices Parts, TimeSpan Age, CacheStatus Status, ReadFailure? Refusal = null);

/// <summary>The reason why a read returns no page.</summary>
/// <param name="Problem">The problem type of the response.</param>
/// <param name="Detail">A sentence for the caller.</param>
/// <param name="RetryAfter">Estimated time until the page is available; null where it is unknown.</param>
internal sealed record ReadFailure(ProblemType Problem, string Detail, TimeSpan? RetryAfter)
{
    /// <summary>Returns the problem type of a failure of the upstream; of none, that the page is not loaded yet.</summary>
    public static ProblemType ProblemOf(NclueFailure? failure) => failure?.Kind switch
    {
        NclueFailureKind.TimedOut => UpstreamProblems.UpstreamTimeout,
        NclueFailureKind.CredentialsRefused => UpstreamProblems.UpstreamCredentials,
        NclueFailureKind.QuotaExceeded => UpstreamProblems.UpstreamQuota,
        NclueFailureKind.Unreadable => UpstreamProblems.UpstreamMalformed,
        NclueFailureKind.Throttled or null => UpstreamProblems.UpstreamBusy,
        _ => UpstreamProblems.UpstreamError,
    };
}
