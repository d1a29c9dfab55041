using NclueGateway.Http;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>A request for changes.</summary>
/// <param name="IsStream">True for an event stream, false for JSON.</param>
/// <param name="Since">The version after which the changes are wanted; null for those from now on.</param>
/// <param name="Source">The parameter or header that names the version, for errors.</param>
/// <param name="Wait">Maximum time to wait for the next change.</param>
internal sealed record ChangesRequest(bool IsStream, SnapshotVersion? Since, string Source, TimeSpan Wait)
{
    public const string Json = "application/json";
    public const string EventStream = "text/event-stream";

    /// <summary>Header with which a reader continues a stream (https://html.spec.whatwg.org/#the-last-event-id-header).</summary>
    public const string LastEventId = "Last-Event-ID";

    /// <summary>Maximum time to wait, in seconds: less than the usual timeouts of proxies and clients.</summary>
    public const int MaxWait = 25;

    /// <summary>Returns true if the client accepts one of the two types.</summary>
    public static bool IsAcceptable(IHeaderDictionary headers) =>
        ContentNegotiation.QualityOf(headers, Json) > 0 || ContentNegotiation.QualityOf(headers, EventStream) > 0;

    /// <summary>Reads a request; null if <see cref="QueryParameters.FindErrors"/> has any.</summary>
    public static ChangesRequest? Read(IHeaderDictionary headers, QueryParameters parameters)
    {
        // Clients without a preference get JSON: most of them send */*.
        var isStream = ContentNegotiation.QualityOf(headers, EventStream) > ContentNegotiation.QualityOf(headers, Json);
        var (since, source) = (ReadVersion(parameters, "since", parameters.Single("since")), "since");
        var wait = parameters.Number("wait", 0, MaxWait);
        if (isStream && wait is not null)
        {
            parameters.AddError("wait", $"It is for {Json} only: an event stream waits by itself.");
        }

        if (isStream && headers[LastEventId].ToString() is { Length: > 0 } last)
        {
            (since, source) = (ReadVersion(parameters, LastEventId, last), LastEventId);
        }

        return parameters.FindErrors().Count > 0 ? null : new(isStream, since, source, TimeSpan.FromSeconds(wait ?? 0));
    }

    private static SnapshotVersion? ReadVersion(QueryParameters parameters, string source, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (SnapshotVersion.TryParse(text, out var version))
        {
            return version;
        }

        parameters.AddError(source, "It is damaged: use the links monitor and next, and the ids of events, as they are.");
        return null;
    }
}
