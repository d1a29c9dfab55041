using System.Reflection;
using System.Text.Json.Nodes;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Describes the operation on changes.</summary>
internal static class ChangesOpenApi
{
    public const string Description =
        "Returns what has changed in the list since a version of it. Begin with the link `monitor` of a query's response.\n\n"
        + "**JSON**: the changes after `since`, at most 1,000; then follow the link `next`, which is always there. With `wait`, a response "
        + "without changes comes only after that time. Without `since` it is empty and comes at once: `next` begins now. When the version "
        + "is too old, the response is 410 `changes-expired`: read the list again.\n\n"
        + "**Event stream**, for clients that prefer `text/event-stream`: `changes` with those of one version; `bookmark` at the start, "
        + "after each read of the list that found it current, and every 15 s at the latest; `reset` when the changes after the reader's "
        + "version are gone: read the list again; `progress` while the list is not complete; `end` before the gateway ends the stream. "
        + "Every event but `progress` has the version that the reader has reached as its `id`.\n\n"
        + "An EventSource of the same or of an allowed origin needs no `X-CSRF` here.";

    private static readonly ApiHeader[] Headers =
    [
        .. TaskRunOpenApi.PageHeaders.Where(header => header.Name is "Date" or "Vary"),
        new("Cache-Control", "Must not be stored by any cache.", "no-store"),
        new("Age", "Only of JSON: seconds since the request to NCLUE, rounded up.", 3, IsRequired: false),
        new("Cache-Status", "Only of JSON: the cache's part in the response (RFC 9211).", "nclue-gateway; hit; ttl=3", IsRequired: false),
        new("Link", "Only of JSON: the `next` changes.", "</api/task-runs/changes?since=1-7-0a1b2c3d>; rel=\"next\"", IsRequired: false),
        new("X-Accel-Buffering", "Only of an event stream: proxies must not buffer it.", "no", IsRequired: false),
        TaskRunOpenApi.ContentEncoding,
        .. TaskRunOpenApi.RateLimitHeaders,
    ];

    private static readonly JsonNode Example = JsonNode.Parse(
        """{"total":3,"complete":true,"changes":[{"type":"deleted","id":"65f2b1c0d4e8","run":null}]}""")!;

    public static void DescribeChanges(this IEndpointConventionBuilder endpoint, MethodInfo handler) => endpoint
        .WithMetadata(handler, TaskRunOpenApi.Tag, TaskRunOpenApi.Security)
        .WithMetadata(
            ApiParameters.Text("since", "A version, from the links `monitor` and `next` or from the id of an event. Without it: from now."),
            ApiParameters.Number("wait", "Only of JSON: seconds to wait for the next change.", 0, ChangesRequest.MaxWait, 0),
            ApiParameters.Header(
                ChangesRequest.LastEventId, "Only of an event stream: the id of the last event. It replaces `since`."),
            ApiParameters.Csrf(false, "Required when the session cookie authenticates the request, but not for an EventSource."))
        .WithMetadata(new ApiResponse(StatusCodes.Status200OK, "The changes, or a stream of them.", typeof(ChangeDtos.Changes))
        {
            ContentTypes = [ChangesRequest.Json, ApiResponse.EventStream],
            Headers = Headers,
            Examples = [new("changes", "A deleted run", Example)],
            Events =
            [
                typeof(ChangeDtos.Changes), typeof(ChangeDtos.Bookmark), typeof(ChangeDtos.Progress), typeof(ChangeDtos.StreamEnd),
            ],
        })
        .WithMetadata(ProblemResponse.For(
            [
                .. TaskRunOpenApi.Problems.Except([HttpProblems.PreconditionFailed]),
                SnapshotProblems.ChangesExpired, SnapshotProblems.StreamsExhausted,
            ],
            authenticated: TaskRunOpenApi.RateLimitHeaders));
}
