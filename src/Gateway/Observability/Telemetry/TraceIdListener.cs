using System.Diagnostics;

namespace NclueGateway.Observability.Telemetry;

/// <summary>Gives each request of this host a trace id, which problems and logs contain, even if no traces are recorded.</summary>
internal sealed class TraceIdListener : IDisposable
{
    private readonly ActivityListener _listener;

    /// <param name="requests">The source from which the framework creates the spans of this host's requests.</param>
    public TraceIdListener(ActivitySource requests)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, requests), // other hosts of the process have a source of the same name
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();
}
