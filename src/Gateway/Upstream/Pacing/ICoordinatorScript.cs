namespace NclueGateway.Upstream.Pacing;

/// <summary>Runs the pacer's script: on Redis, or on its model in a simulation.</summary>
internal interface ICoordinatorScript
{
    /// <summary>Runs it once, as one step.</summary>
    Task<CoordinatorResponse> RunAsync(CoordinatorRequest call);
}
