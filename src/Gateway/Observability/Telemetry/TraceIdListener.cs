using System.Diagnostics;

namespace NclueGateway.Observability.Telemetry;

/// <summary>Has each request of this host get an id of a trace, which problems and logs show, also where no traces are kept.</summary>
internal sealed class TraceIdListener : IDisposable
{
    private readonly ActivityListener _listener;

    /// <param name="requests">Where the framework takes the spans of this host's requests from.</param>
    public TraceIdListener(ActivitySource requests)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, requests), // other hosts of the process have one of the same name
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();
}
