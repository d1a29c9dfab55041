using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using NclueGateway.Access.Sessions;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Handles GET of the changes of the list: one poll as JSON, or an event stream.</summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="reader">Reads versions of the list.</param>
/// <param name="versions">The versions of the list.</param>
/// <param name="polls">Collects changes for polls.</param>
/// <param name="stream">Sends the messages of streams.</param>
/// <param name="open">The streams and waiting polls.</param>
/// <param name="pages">Compresses bodies.</param>
/// <param name="metrics">Counts streams.</param>
/// <param name="queries">Counts polls, and refused streams.</param>
internal sealed class ChangesHandler(
    string path,
    SnapshotReader reader,
    SnapshotVersions versions,
    ChangePolls polls,
    ChangeStream stream,
    OpenStreams open,
    PageCache pages,
    ChangesMetrics metrics,
    QueryMetrics queries)
{
    private static readonly StringValues Vary = "Authorization, Cookie, Origin, Accept-Encoding, Accept";

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.Vary = Vary; // also of problems: they depend on Accept too
        var parameters = new QueryParameters(context.Request.QueryString.Value);
        if (ChangesRequest.Read(context.Request.Headers, parameters) is not { } request)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = parameters.FindErrors() }.ExecuteAsync(context);
            return;
        }

        context.Features.Get<AuditEvent>()?.Parameters = [parameters.Audited];
        if (!ChangesRequest.IsAcceptable(context.Request.Headers))
        {
            var detail = $"This resource is {ChangesRequest.Json} or {ChangesRequest.EventStream}.";
            await new ProblemResult(HttpProblems.NotAcceptable) { Detail = detail }.ExecuteAsync(context);
            return;
        }

        var newest = await reader.ReadAsync(isPartial: false, context.RequestAborted);
        var refusal = request.IsStream
            ? await StreamAsync(context, request, newest)
            : await PollAsync(context, request, newest);
        if (refusal is not null)
        {
            queries.RecordRefusal(QueryOperation.Changes, refusal.Problem);
            await refusal.ExecuteAsync(context);
        }
    }

    private async Task<ProblemResult?> PollAsync(HttpContext context, ChangesRequest request, SnapshotRead newest)
    {
        if (newest.Refusal is { } refusal)
        {
            return refusal;
        }

        var poll = await polls.ReadAsync(context, request, newest.Snapshot!.Version);
        if (poll.Refusal is { } refused)
        {
            return refused;
        }

        var read = reader.Describe(poll.Version!);
        queries.Record(QueryOperation.Changes, read);
        context.Features.Get<AuditEvent>()?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        var list = context.Request.PathBase.ToUriComponent() + path;
        var headers = context.Response.Headers;
        headers.Age = ResponseSender.AgeOf(read.Age);
        headers["Cache-Status"] = read.Status.ToString();
        headers.CacheControl = "no-store"; // the same address has another response soon
        headers.Link = ListLinks.Changes(list, read.Snapshot!.Version, "next");
        var body = new WrittenBody(poll.Body);
        var coded = pages.GetRepresentation(body, ContentNegotiation.ChooseCoding(context.Request.Headers), hasBody: true);
        headers.ContentType = ChangesRequest.Json;
        headers.ContentLength = coded.Length;
        headers.ContentEncoding = coded.Coding;
        await context.Response.Body.WriteAsync(coded.Compressed ?? body.Json);
        return null;
    }

    private async Task<ProblemResult?> StreamAsync(HttpContext context, ChangesRequest request, SnapshotRead newest)
    {
        var isBuilding = newest.Refusal?.Problem == SnapshotProblems.ListIncomplete && versions.Shown is null;
        if (newest.Refusal is { } refusal && !isBuilding)
        {
            return refusal;
        }

        SnapshotVersion? since = isBuilding ? null : request.Since ?? newest.Snapshot!.Version;
        var place = since is { } version ? await reader.LocateAsync(version, context.RequestAborted) : VersionPlace.Expired;
        if (place == VersionPlace.Nonexistent)
        {
            return reader.RefusalOf(place, request.Source, SnapshotProblems.ChangesExpired);
        }

        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        if (open.TryOpen(LastingAccess.Of(context), lifetime, out var full) is not { } opened)
        {
            return full;
        }

        metrics.Opened();
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true; // minutes are no response time
        context.Features.Get<StreamAudit>()?.RecordStart();
        try
        {
            WriteHeaders(context.Response.Headers);
            await context.Response.StartAsync(); // Kestrel makes an additional copy of a body that is written before the headers
            var output = new EventStreamWriter(context.Response.BodyWriter);
            await stream.SendAsync(opened, place == VersionPlace.Expired ? null : since, output, context.RequestAborted);
        }
        catch (Exception disconnected) when (
            disconnected is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The caller has closed the stream, or the network has.
        }
        finally
        {
            open.Close(opened);
            var reason = metrics.Ended(opened.End);
            context.Features.Get<AuditEvent>()?.Outcome = reason;
        }

        return null;
    }

    private static void WriteHeaders(IHeaderDictionary headers)
    {
        headers.ContentType = ChangesRequest.EventStream;
        headers.CacheControl = "no-store, no-transform";
        headers["X-Accel-Buffering"] = "no"; // for nginx (https://nginx.org/en/docs/http/ngx_http_proxy_module.html)
    }
}
