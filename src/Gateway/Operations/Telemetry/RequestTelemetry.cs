using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NclueGateway.Operations.Telemetry;

/// <summary>Counts the requests that are being answered, and links the span of each to that of its caller. Goes around everything else.</summary>
internal sealed class RequestTelemetry
{
    private readonly RequestDelegate _next;
    private readonly StripedCount _active = new();

    public RequestTelemetry(RequestDelegate next, IMeterFactory meters)
    {
        _next = next;
        meters.CreateGatewayMeter().CreateObservableUpDownCounter(
            "nclue_gateway.requests.active", () => _active.Total, "{request}", "Requests that are being answered.");
    }

    public Task InvokeAsync(HttpContext context)
    {
        CallersTraces.Link(Activity.Current, context.Request.Headers);
        _active.Add(1);
        return _next.ThenAsync(context, _active, static (_, active, _) => active.Add(-1));
    }
}
