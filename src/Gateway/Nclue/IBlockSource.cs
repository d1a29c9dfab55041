using NclueGateway.Nclue.Pacing;

namespace NclueGateway.Nclue;

/// <summary>Where blocks come from: NCLUE, or its model in a simulation.</summary>
internal interface IBlockSource
{
    /// <summary>Asks for block <paramref name="number"/>. Failures are outcomes; it throws for <paramref name="cancellationToken"/> only.</summary>
    Task<NclueOutcome> GetBlockAsync(int number, Departure departure, CancellationToken cancellationToken);
}
