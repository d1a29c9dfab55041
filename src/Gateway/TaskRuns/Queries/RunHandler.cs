using Microsoft.AspNetCore.Http.Features;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Handles GET and HEAD of one run, by its id.</summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="finder">Finds runs.</param>
/// <param name="sender">Sends responses.</param>
/// <param name="metrics">Counts queries.</param>
internal sealed class RunHandler(string path, RunFinder finder, ResponseSender sender, QueryMetrics metrics)
{
    /// <summary>Name of the route's parameter.</summary>
    public const string Id = "id";

    public async Task HandleAsync(HttpContext context)
    {
        var began = metrics.Begin();
        var id = ReadId(context);
        var parameters = new QueryParameters(context.Request.QueryString.Value);
        if (parameters.Counts.Count > 0)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = parameters.FindErrors() }.ExecuteAsync(context);
            return;
        }

        if (!await ResponseSender.IsAcceptableAsync(context))
        {
            return;
        }

        var (read, run) = await finder.FindAsync(id, context.RequestAborted);
        if (read.Refusal is { } refusal)
        {
            metrics.Record(QueryOperation.Run, read, began);
            await refusal.ExecuteAsync(context);
            return;
        }

        if (run is null)
        {
            metrics.RecordRefusal(QueryOperation.Run, HttpProblems.NotFound, began);
            context.Response.Headers.Age = ResponseSender.AgeOf(read.Age);
            await new ProblemResult(HttpProblems.NotFound) { Detail = "NCLUE's list had no run with this id when it was last read." }
                .ExecuteAsync(context);
            return;
        }

        metrics.Record(QueryOperation.Run, read, began);
        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [run.Id];
        audit?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        var links = ListLinks.Of(context.Request.PathBase.ToUriComponent() + path, read.Snapshot!.Version);
        await sender.SendAsync(context, new WrittenBody(run.Json, run.Hash), read.Age, read.Status, links);
    }

    /// <summary>
    /// Returns the id in the path. The server leaves a percent-encoded slash as it is, so that it looks like an encoded percent sign before
    /// 2F; only the path as it was sent tells them apart.
    /// </summary>
    public static string ReadId(HttpContext context)
    {
        var id = (string)context.Request.RouteValues[Id]!;
        if (!id.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            return id;
        }

        var sent = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return Uri.UnescapeDataString(sent.Split('?')[0].TrimEnd('/').Split('/')[^1]);
    }
}
