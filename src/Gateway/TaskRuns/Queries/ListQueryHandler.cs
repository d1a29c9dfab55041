using System.Buffers;
using System.Globalization;
using System.Text;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Handles GET and HEAD of the list with a query: filters, an order, or a cursor.</summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="parser">Reads queries.</param>
/// <param name="reader">Reads versions of the list.</param>
/// <param name="results">Results of earlier queries.</param>
/// <param name="selections">Reads pages of results.</param>
/// <param name="sender">Sends responses.</param>
/// <param name="metrics">Counts queries.</param>
internal sealed class ListQueryHandler(
    string path,
    QueryParser parser,
    SnapshotReader reader,
    PageCache results,
    Selections selections,
    ResponseSender sender,
    QueryMetrics metrics)
{
    public async Task HandleAsync(HttpContext context)
    {
        var began = metrics.Begin();
        var (query, audited, errors) = Read(context.Request.QueryString.Value!);
        if (query is null)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
            return;
        }

        var index = query.Cursor?.Index ?? query.Index;
        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [index, query.Limit, audited];
        if (!await ResponseSender.IsAcceptableAsync(context))
        {
            return;
        }

        var read = query.Cursor is { } cursor
            ? await reader.ReadAsync(cursor.Version, query.IsPartial, context.RequestAborted)
            : await reader.ReadAsync(query.IsPartial, context.RequestAborted);
        var list = context.Request.PathBase.ToUriComponent() + path;
        if (read.Refusal is { } refusal)
        {
            metrics.Record(QueryOperation.List, read, began);
            if (refusal.Problem == SnapshotProblems.CursorExpired)
            {
                context.Response.Headers.Link = FirstLink(list, query);
            }

            await refusal.ExecuteAsync(context);
            return;
        }

        audit?.RecordRead(Enum.GetName(read.Status.Outcome)!);
        var page = results.GetOrCompute(
            new PageKey(read.Snapshot!.Version, query.Text, index, query.Limit, list),
            () => Compute(query, read.Snapshot, index, list));
        metrics.Record(QueryOperation.List, read, began);
        await sender.SendAsync(context, page.Body, read.Age, read.Status, page.Links);
    }

    /// <summary>Reads a query string. Clients send the same ones again and again, so it is read once.</summary>
    private ReadQuery Read(string text) => results.GetOrCompute(new TextKey(text), () =>
    {
        var parameters = new QueryParameters(text);
        var query = parser.ReadList(parameters);
        return (new ReadQuery(query, parameters.Audited, query is null ? parameters.FindErrors() : null), 4 * sizeof(char) * text.Length);
    });

    private (QueryPage Page, int Bytes) Compute(ListQuery query, ReadableSnapshot snapshot, int index, string list)
    {
        var (total, runs) = selections.Page(query, snapshot, index);
        var json = new ArrayBufferWriter<byte>();
        var complete = snapshot.IsComplete ? "true" : "false";
        json.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"index":{{index}},"limit":{{query.Limit}},"total":{{total}},"complete":{{complete}},"runs":[""")));
        foreach (var (place, run) in runs.Index())
        {
            json.Write(place > 0 ? ","u8 : default);
            json.Write(run.Json.Span);
        }

        json.Write("]}"u8);
        var links = Links(list, query, snapshot.Version, index, total);
        var page = new QueryPage(new WrittenBody(json.WrittenSpan.ToArray()), links);
        return (page, json.WrittenCount + (sizeof(char) * (query.Text.Length + links.Length)));
    }

    /// <summary>
    /// Returns the <c>Link</c> field (RFC 8288): <c>first</c>, which begins a new chain, <c>prev</c> and <c>next</c> in this version, and
    /// <c>monitor</c> (RFC 5989), from which the changes after this version can be read.
    /// </summary>
    private static string Links(string list, ListQuery query, SnapshotVersion version, int index, int total)
    {
        var links = new StringBuilder(512).Append(FirstLink(list, query));
        var before = Math.Min(index, total);
        if (before > 0)
        {
            var previous = Math.Max(0, before - query.Limit);
            Add("prev", previous, before - previous); // shorter near the start, so that no run is on two pages
        }

        if (index + query.Limit < total)
        {
            Add("next", index + query.Limit, query.Limit);
        }

        return links.Append(", ").Append(ListLinks.Monitor(list, version)).ToString();

        void Add(string relation, int position, int limit) => links.Append(
            CultureInfo.InvariantCulture,
            $", <{list}?{query.Text}&limit={limit}&cursor={new QueryCursor(version, query.Hash, position)}>; rel=\"{relation}\"");
    }

    private static string FirstLink(string list, ListQuery query) =>
        string.Create(CultureInfo.InvariantCulture, $"<{list}?{query.Text}&limit={query.Limit}>; rel=\"first\"");

    private sealed record QueryPage(IResponseBody Body, string Links);

    // With the whole text of the query, not its hash: a caller could look for a query with the hash of another one.
    private readonly record struct PageKey(SnapshotVersion Version, string Query, int Index, int Limit, string List);

    private sealed record ReadQuery(ListQuery? Query, string Audited, Dictionary<string, string[]>? Errors);

    private readonly record struct TextKey(string Text);
}
