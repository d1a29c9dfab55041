using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>What a reader got: a page with its age and what the cache did for it, or a refusal.</summary>
internal readonly record struct ReadResult(PageSlices Parts, TimeSpan Age, CacheStatus Status, ReadFailure? Refusal = null);

/// <summary>Why a reader got nothing.</summary>
/// <param name="Problem">The problem to answer.</param>
/// <param name="Detail">A sentence for the caller.</param>
/// <param name="RetryAfter">When the page is expected to be there; null where nothing is known.</param>
internal sealed record ReadFailure(ProblemType Problem, string Detail, TimeSpan? RetryAfter);
