using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.Access.Callers;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Observability.Audit;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Handles GET and HEAD of a page after authentication and authorization. For a cached page it does not wait, and
/// resolves no services.
/// </summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="reader">Reads pages.</param>
/// <param name="sender">Sends pages.</param>
/// <param name="seams">Detects torn pages.</param>
/// <param name="metrics">Counts reads.</param>
internal sealed class PageHandler(string path, PageReader reader, ResponseSender sender, PageSeams seams, TaskRunMetrics metrics)
{
    [ThreadStatic]
    private static StringBuilder? _links; // reused, because its buffer is a tenth of all memory that a read allocates

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (!TryParse(request.QueryString.Value, out var query, out var errors))
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
            return;
        }

        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [query.Index, query.Limit, null];
        if (!await ResponseSender.IsAcceptableAsync(context))
        {
            return;
        }

        var result = await reader.ReadAsync(query, ((AuthenticatedCaller)context.User).Caller, context.RequestAborted);
        if (result.Refusal is { } refusal)
        {
            metrics.RecordRefusal(refusal.Problem);
            await new ProblemResult(refusal.Problem) { Detail = refusal.Detail, RetryAfter = refusal.RetryAfter }.ExecuteAsync(context);
            return;
        }

        metrics.RecordRead(result.Status.Outcome, result.Age);
        audit?.RecordRead(Enum.GetName(result.Status.Outcome)!);
        if (result.Parts.Second is not null)
        {
            seams.Check(result.Parts);
        }

        var links = Links(context.Request.PathBase.ToUriComponent() + path, result.Parts.Request, result.Parts.Extent);
        await sender.SendAsync(context, new PageBody(result.Parts), result.Age, result.Status, links);
    }

    /// <summary>
    /// Parses the query: <c>index</c> and <c>limit</c>, in ASCII digits, each at most once. Any other parameter is an
    /// error. Returns false for an invalid query, with the reasons by parameter.
    /// </summary>
    private static bool TryParse(string? query, out PageRequest page, [NotNullWhen(false)] out Dictionary<string, string[]>? errors)
    {
        int? index = null;
        int? limit = null;
        errors = null; // allocated only for an invalid query
        foreach (var pair in new QueryStringEnumerable(query))
        {
            switch (pair.DecodeName().Span)
            {
                case "index":
                    index = ReadNumber("index", index, pair.DecodeValue().Span, 0, PageRequest.MaxIndex, ref errors);
                    break;
                case "limit":
                    limit = ReadNumber("limit", limit, pair.DecodeValue().Span, 1, PageRequest.MaxLimit, ref errors);
                    break;
                case var unknown:
                    AddError(ref errors, unknown.ToString(), "There is no such parameter.");
                    break;
            }
        }

        page = new(index ?? 0, limit ?? PageRequest.DefaultLimit);
        return errors is null;
    }

    private static int? ReadNumber(
        string name, int? before, ReadOnlySpan<char> value, int least, int most, ref Dictionary<string, string[]>? errors)
    {
        if (before is not null || errors?.ContainsKey(name) == true)
        {
            AddError(ref errors, name, "It must not be repeated.");
            return before;
        }

        if (WholeNumber.TryParse(value, least, most, out var number))
        {
            return number;
        }

        AddError(ref errors, name, WholeNumber.Error(least, most));
        return null;
    }

    private static void AddError(ref Dictionary<string, string[]>? errors, string name, string error) =>
        (errors ??= new(StringComparer.Ordinal))[name] = [error];

    /// <summary>
    /// Returns the <c>Link</c> field (RFC 8288): <c>first</c>, <c>prev</c>, <c>next</c> and <c>last</c>. The references
    /// are path-absolute, because the <c>Host</c> of a request is not trustworthy. A page without <c>next</c> is the end
    /// of the list.
    /// </summary>
    internal static string Links(string path, PageRequest page, ListBounds extent)
    {
        var links = (_links ??= new(512)).Clear();
        Add("first", 0);
        var lastIndex = extent.End is { } end ? Math.Max(0, (end - 1) / page.Limit * page.Limit) : long.MaxValue;
        if (page.Index > 0)
        {
            Add("prev", Math.Max(0, Math.Min(page.Index - page.Limit, lastIndex)));
        }

        var next = (long)page.Index + page.Limit;
        if (!(next >= extent.End) && next <= PageRequest.MaxIndex)
        {
            Add("next", next);
        }

        if (extent.Length is not null && lastIndex <= PageRequest.MaxIndex)
        {
            Add("last", lastIndex);
        }

        return links.ToString();

        void Add(string relation, long index) => links.Append(
            CultureInfo.InvariantCulture,
            $"{(links.Length > 0 ? ", " : "")}<{path}?index={index}&limit={page.Limit}>; rel=\"{relation}\"");
    }
}
