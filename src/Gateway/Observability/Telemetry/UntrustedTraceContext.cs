using System.Diagnostics;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// A propagator that does not use a caller's <c>traceparent</c> (W3C Trace Context) for sampling or for the trace id:
/// otherwise a caller could cause all requests to be sampled, or mix its traces with the gateway's. It becomes a link
/// instead, which connects both traces. <c>baggage</c> and <c>tracestate</c>, which may contain any text, are dropped.
/// Each request of this host gets a trace id of its own, which problems and logs contain, even if no traces are
/// recorded.
/// </summary>
internal sealed class UntrustedTraceContext : DistributedContextPropagator, IDisposable
{
    private readonly ActivityListener _listener;

    /// <param name="requests">The source from which the framework creates the spans of this host's requests.</param>
    public UntrustedTraceContext(ActivitySource requests)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, requests), // other hosts of the process have a source of the same name
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public override IReadOnlyCollection<string> Fields => [];

    /// <summary>Links the request's span to the span in the caller's headers, if there is one.</summary>
    public static void Link(Activity request, IHeaderDictionary headers)
    {
        if (ActivityContext.TryParse(headers.TraceParent, traceState: null, isRemote: true, out var caller))
        {
            request.AddLink(new(caller));
        }
    }

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // The gateway does not send its trace ids to other services.
    }

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    public void Dispose() => _listener.Dispose();
}
