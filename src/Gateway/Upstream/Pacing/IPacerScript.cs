namespace NclueGateway.Upstream.Pacing;

/// <summary>Runs the pacer's script: on Redis, or on its model in a simulation.</summary>
internal interface IPacerScript
{
    /// <summary>Runs it once, as one step.</summary>
    Task<PacerReply> RunAsync(PacerCall call);
}
