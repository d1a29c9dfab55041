using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Http;

namespace NclueGateway.Console;

/// <summary>The metric of pages of the console. Pages with runs count as queries too, in the metrics of queries.</summary>
internal sealed class ConsoleMetrics(IMeterFactory meters, TimeProvider time)
{
    private readonly Histogram<double> _duration = meters.CreateGatewayMeter().CreateHistogram<double>(
        "nclue_gateway.console.page.duration",
        "s",
        "Time to send a page of the console, by page (board, run, gateway) and kind: navigation, or refresh by an open page.");

    /// <summary>Handles a request for a page, and records its duration. A request that its caller aborts is not recorded.</summary>
    /// <param name="page">Name of the page.</param>
    /// <param name="handler">Handles the request.</param>
    /// <param name="context">The request.</param>
    public async Task MeasureAsync(string page, RequestDelegate handler, HttpContext context)
    {
        var began = time.GetTimestamp();
        await handler(context);

        // Only browsers send the header. A request without it comes from another client, which has no script.
        var kind = context.Request.Headers[FetchMetadata.Mode] is [] or ["navigate"] ? "navigation" : "refresh";
        _duration.Record(time.GetElapsedTime(began).TotalSeconds, new("page", page), new("kind", kind));
    }
}
