using System.Diagnostics;
using OpenTelemetry;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// Takes out of a request's span what a caller may have chosen: the path where no route fits, the query, the host, the user agent, a method that
/// HTTP does not define, the text of an exception. What stays are words of ours.
/// </summary>
internal sealed class RequestSpans : BaseProcessor<Activity>
{
    private const string Route = "http.route";
    private const string Path = "url.path";

    /// <summary>The attributes that stay. <c>http.request.method</c> is <c>_OTHER</c> for what HTTP does not define.</summary>
    private static readonly string[] Kept =
        [Route, "http.request.method", "http.response.status_code", "network.protocol.name", "network.protocol.version", "url.scheme", "error.type"];

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

        data.SetTag(Path, data.GetTagItem(Route)); // the pattern, in place of what was sent
        data.SetStatus(data.Status); // without a description
    }
}
