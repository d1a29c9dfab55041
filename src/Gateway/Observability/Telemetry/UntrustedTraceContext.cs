using System.Diagnostics;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// A propagator that does not trust a caller's <c>traceparent</c> (W3C Trace Context) for sampling or for the trace id:
/// otherwise a caller could have all requests sampled, or mix up traces. Instead it becomes a link, which connects both
/// traces. <c>baggage</c> and <c>tracestate</c>, which may contain any text, are dropped.
/// </summary>
internal sealed class UntrustedTraceContext : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    /// <summary>Links the request's span to the span in the caller's headers, if there is one.</summary>
    public static void Link(Activity? request, IHeaderDictionary headers)
    {
        if (headers.TraceParent.Count > 0 && request is not null
            && ActivityContext.TryParse(headers.TraceParent, traceState: null, isRemote: true, out var caller))
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
}
