namespace NclueGateway.Client;

/// <summary>A task run that was found by its id, and the values of the headers.</summary>
public sealed record FoundTaskRun : GatewayContent
{
    /// <summary>The run.</summary>
    public required TaskRun Run { get; init; }
}
