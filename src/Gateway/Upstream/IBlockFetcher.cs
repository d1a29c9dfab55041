using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>Where blocks come from: NCLUE, or its model in a simulation.</summary>
internal interface IBlockFetcher
{
    /// <summary>Asks for block <paramref name="number"/>. Failures are outcomes. Nothing ends a call but its answer and <c>Nclue:Timeout</c>.</summary>
    Task<FetchResult> GetBlockAsync(int number, Permit departure);
}
