using System.Diagnostics;
using OpenTelemetry;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// Removes text chosen by the caller from a request's span: the path if no route matches, the query, the host, the user
/// agent, a method that HTTP does not define, the message of an exception.
/// </summary>
internal sealed class RequestSpans : BaseProcessor<Activity>
{
    private const string Route = "http.route";
    private const string Path = "url.path";

    /// <summary>The attributes that are kept. <c>http.request.method</c> is <c>_OTHER</c> for a method that HTTP does not define.</summary>
    private static readonly string[] Kept =
    [
        Route, "http.request.method", "http.response.status_code", "network.protocol.name", "network.protocol.version", "url.scheme",
        "error.type",
    ];

    public override void OnEnd(Activity data)
    {
        if (data.Kind != ActivityKind.Server)
        {
            return;
        }

        foreach (var (name, _) in data.TagObjects.Where(tag => !Kept.Contains(tag.Key)).ToList())
        {
            data.SetTag(name, null);
        }

        data.SetTag(Path, data.GetTagItem(Route)); // the pattern of the route instead of the path
        data.SetStatus(data.Status); // removes the description
    }
}
