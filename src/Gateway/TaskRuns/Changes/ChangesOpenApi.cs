using System.Reflection;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.TaskRuns.Pages;
using static NclueGateway.TaskRuns.Changes.ChangeDtos;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Describes the operation on changes.</summary>
internal static class ChangesOpenApi
{
    public const string Description =
        "Returns the changes of the list after one of its versions, as JSON or as an event stream. Begin with the `monitor` link of a "
        + "response to a query: it names the version of that response, so that no change is missed or repeated.\n\n"
        + "**JSON** (`Accept: application/json`): at most 1,000 changes after `since`. Then follow the `next` link, which is always there. "
        + "Without `since` there are no changes, and `next` begins now. With `wait`, the gateway waits for the first change. When the "
        + "version of `since` is too old, the response is 410 `changes-expired`: read the list again, and go on from its `monitor` "
        + "link.\n\n"
        + "**Event stream** (`Accept: text/event-stream`), for EventSource and similar clients:\n\n"
        + "* `changes`: all changes of the next version.\n"
        + "* `bookmark`: the list is known up to `asOf`. It is sent at the start, after each read of the list, and every 15 s at the "
        + "latest.\n"
        + "* `reset`: the changes after the reader's version are gone. Close the stream, read the list again, and open its `monitor` "
        + "link.\n"
        + "* `progress`: the gateway reads the list for the first time. A `reset` follows when it is complete.\n"
        + "* `end`: the gateway ends the stream, for the `reason` in its data.\n\n"
        + "The `id` of an event is the version that the reader has reached; `progress` has none. To continue after a disconnect, send the "
        + "last one in `Last-Event-ID`, as EventSource does. Any replica continues where another one ended. Swagger UI shows a stream "
        + "only after its end: try it with `curl -N`.";

    private static readonly ApiHeader[] Headers =
    [
        TaskRunOpenApi.PageHeaders.Single(header => header.Name == "Date"),
        new("Vary", "The request headers on which the response depends.", "Authorization, Cookie, Origin, Accept-Encoding, Accept"),
        new("Cache-Control", "Must not be stored by any cache. An event stream adds `no-transform`.", "no-store"),
        new("Age", "Only of JSON: seconds since the request to NCLUE, rounded up.", 3, IsRequired: false),
        new("Cache-Status", "Only of JSON: the cache's part in the response (RFC 9211).", "nclue-gateway; hit; ttl=3", IsRequired: false),
        new(
            "Link",
            "Only of JSON, and always there: `next` leads to the changes after these (RFC 8288).",
            "</api/task-runs/changes?since=1-7-0a1b2c3d>; rel=\"next\"",
            IsRequired: false),
        new("X-Accel-Buffering", "Only of an event stream: nginx must not buffer it.", "no", IsRequired: false),
        TaskRunOpenApi.ContentEncoding,
        .. TaskRunOpenApi.RateLimitHeaders,
    ];

    private static readonly Change[] Examples =
    [
        new() { Type = ChangeType.Deleted, Id = "65f2b1c0-0000-4000-8000-d4e8a7b6c5d4", Run = null },
        .. TaskRunExamples.Pages[0].Page.Runs.Skip(1).Select(run => new Change
        {
            Type = run.Failure is null ? ChangeType.Created : ChangeType.Updated,
            Id = run.Id,
            Run = run,
        }),
    ];

    private static readonly Bookmark State = new()
    {
        AsOf = new(2026, 11, 25, 9, 0, 0, TimeSpan.Zero),
        Total = 250,
        Complete = true,
    };

    public static void DescribeChanges(this IEndpointConventionBuilder endpoint, MethodInfo handler) => endpoint.Describe(() =>
    [
        handler,
        TaskRunOpenApi.Tag,
        TaskRunOpenApi.Security,
        ApiParameters.Text(
            "since",
            "A version of the list, from a `monitor` or `next` link or the id of an event. Without it: the newest one."),
        ApiParameters.Number("wait", "Only of JSON: seconds to wait for the first change. Without it: 0.", 0, ChangesRequest.MaxWait),
        ApiParameters.Header(
            ChangesRequest.LastEventId, "Only of an event stream: the id of the last event. It replaces `since`."),
        ApiParameters.Csrf(
            false,
            "Required when the session cookie authenticates the request, except for an EventSource of the gateway's own origin or an "
            + "allowed one."),
        new ApiResponse(StatusCodes.Status200OK, "The changes, or a stream of them.", typeof(ChangeDtos.Changes))
        {
            ContentTypes = [ChangesRequest.Json, ApiResponse.EventStream],
            Headers = Headers,
            Examples =
            [
                new("changes", "A deleted, a new and a failed run", ChangesOf(Examples)),
                new("none", "No changes", ChangesOf()),
            ],
            Events =
            [
                new("changes", typeof(ChangeDtos.Changes), ChangesOf(Examples[0])),
                new("bookmark", typeof(Bookmark), State),
                new("reset", typeof(Bookmark), State),
                new("progress", typeof(Progress), new Progress { Runs = 1_200, ExpectedTotal = 2_000 }),
                new("end", typeof(StreamEnd), new StreamEnd { Reason = EndReason.Time }),
            ],
        },
        .. ProblemResponse.For(
            [
                .. TaskRunOpenApi.Problems.Except([HttpProblems.PreconditionFailed]),
                SnapshotProblems.ChangesExpired, SnapshotProblems.StreamsExhausted,
            ],
            authenticated: TaskRunOpenApi.RateLimitHeaders),
    ]);

    private static ChangeDtos.Changes ChangesOf(params Change[] changes) => new() { Total = 250, Complete = true, Items = changes };
}
