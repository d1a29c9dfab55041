using System.Diagnostics;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// A caller's <c>traceparent</c> (W3C Trace Context) neither decides whether a request is sampled nor names its trace: whoever may call could
/// have everything sampled, or mix traces up. It becomes a link, so that both can be found from each other. <c>baggage</c> and
/// <c>tracestate</c>, which hold any text, are dropped.
/// </summary>
internal sealed class UntrustedTraceContext : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    /// <summary>Links the request's span to the one that a caller's headers name, if they do.</summary>
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
        // Nobody is told of the gateway's traces.
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
