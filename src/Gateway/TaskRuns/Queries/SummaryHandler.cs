using System.Text.Json;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Handles GET and HEAD of the counts of runs.</summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="parser">Reads queries.</param>
/// <param name="reader">Reads versions of the list.</param>
/// <param name="results">Results of earlier queries.</param>
/// <param name="sender">Sends responses.</param>
/// <param name="metrics">Counts queries.</param>
/// <param name="nclue">The zone of hours and days.</param>
internal sealed class SummaryHandler(
    string path,
    QueryParser parser,
    SnapshotReader reader,
    PageCache results,
    ResponseSender sender,
    QueryMetrics metrics,
    NclueOptions nclue)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone);

    public async Task HandleAsync(HttpContext context)
    {
        var began = metrics.Begin();
        var parameters = new QueryParameters(context.Request.QueryString.Value);
        if (parser.ReadSummary(parameters) is not { } query)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = parameters.FindErrors() }.ExecuteAsync(context);
            return;
        }

        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [parameters.Audited];
        if (!await ResponseSender.IsAcceptableAsync(context))
        {
            return;
        }

        var read = await reader.ReadAsync(query.IsPartial, context.RequestAborted);
        if (read.Refusal is { } refusal)
        {
            metrics.Record(QueryOperation.Summary, read, began);
            await refusal.ExecuteAsync(context);
            return;
        }

        var summary = results.GetOrCompute(new SummaryKey(read.Snapshot!.Version, query.Text), () => Compute(read.Snapshot, query));
        if (summary.Body is not { } body)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = TooManyBuckets }.ExecuteAsync(context);
            return;
        }

        metrics.Record(QueryOperation.Summary, read, began);
        audit?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        var links = ListLinks.Of(context.Request.PathBase.ToUriComponent() + path, read.Snapshot.Version);
        await sender.SendAsync(context, body, read.Age, read.Status, links);
    }

    private static Dictionary<string, string[]> TooManyBuckets => new()
    {
        ["per"] = [$"The runs are from more than {SummaryBuckets.Max} hours or days."],
        ["createdAfter"] = ["A later time gives fewer hours or days."],
    };

    private (Summary Summary, int Bytes) Compute(ReadableSnapshot snapshot, SummaryQuery query)
    {
        if (RunSummary.Of(snapshot, query, _zone) is not { } counts)
        {
            return (new(null), 0);
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(counts, TaskRunWriter.Options);
        return (new(new WrittenBody(json)), json.Length);
    }

    private sealed record Summary(IResponseBody? Body);

    private readonly record struct SummaryKey(SnapshotVersion Version, string Query);
}
