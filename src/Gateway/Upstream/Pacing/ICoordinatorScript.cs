namespace NclueGateway.Upstream.Pacing;

/// <summary>The coordinator script, on Redis or on a model of Redis in a simulation.</summary>
internal interface ICoordinatorScript
{
    /// <summary>Runs the script once, as one atomic step.</summary>
    Task<CoordinatorResponse> RunAsync(CoordinatorRequest call);
}
