using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>Source of blocks: NCLUE, or its model in a simulation.</summary>
internal interface IBlockFetcher
{
    /// <summary>
    /// Requests the block or window with a number (see <see cref="RowWindow"/>). Failures are returned, not thrown. A request ends only
    /// with its response or after <c>Nclue:Timeout</c>.
    /// </summary>
    Task<FetchResult> GetBlockAsync(int number, Permit permit);
}
