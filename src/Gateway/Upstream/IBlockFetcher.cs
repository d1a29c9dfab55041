using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>Source of blocks: NCLUE, or its model in a simulation.</summary>
internal interface IBlockFetcher
{
    /// <summary>
    /// Requests block <paramref name="number"/>. Failures are returned, not thrown. Only the response or <c>Nclue:Timeout</c> ends a
    /// request.
    /// </summary>
    Task<FetchResult> GetBlockAsync(int number, Permit permit);
}
