using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Primitives;
using NclueGateway.Access.Callers;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Handles GET and HEAD of a page after authentication and authorization. For a cached page it waits for nothing and
/// resolves no services.
/// </summary>
/// <param name="path">The path of the list, for links.</param>
/// <param name="reader">Reads pages.</param>
/// <param name="pages">Compressed pages.</param>
/// <param name="metrics">Counts reads.</param>
internal sealed class PageHandler(string path, PageReader reader, PageCache pages, TaskRunMetrics metrics)
{
    private const string Json = "application/json";

    // Browsers revalidate every time, so that no page is shown after a sign-out. A revalidation causes no request to
    // the upstream.
    private static readonly StringValues CacheControl = "private, no-cache";
    private static readonly StringValues Vary = "Authorization, Cookie, Origin, Accept-Encoding";

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (!PageQuery.TryParse(request.QueryString.Value, out var query, out var errors))
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
            return;
        }

        var audit = context.Features.Get<AuditEvent>();
        audit?.Parameters = [query.Index, query.Limit];
        if (ContentNegotiation.QualityOf(request.Headers, Json) == 0)
        {
            await new ProblemResult(HttpProblems.NotAcceptable) { Detail = "This resource is application/json." }.ExecuteAsync(context);
            return;
        }

        var result = await reader.ReadAsync(query, ((AuthenticatedCaller)context.User).Caller, context.RequestAborted);
        if (result.Refusal is { } refusal)
        {
            metrics.Refused(refusal.Problem);
            await new ProblemResult(refusal.Problem) { Detail = refusal.Detail, RetryAfter = refusal.RetryAfter }.ExecuteAsync(context);
            return;
        }

        metrics.RecordRead(result.Status.Outcome, result.Age);
        audit?.RecordRead(Enum.GetName(result.Status.Outcome)!);
        await HandleAsync(context, result);
    }

    private async Task HandleAsync(HttpContext context, ReadResult result)
    {
        var request = context.Request;
        var page = new PageBody(result.Parts);
        var precondition = EntityTags.Evaluate(request.Headers, page.ETag);
        if (precondition == Precondition.Failed)
        {
            await new ProblemResult(HttpProblems.PreconditionFailed).ExecuteAsync(context);
            return;
        }

        var isUnchanged = precondition == Precondition.NotModified;
        var hasBody = !isUnchanged && HttpMethods.IsGet(request.Method);
        var representation = pages.GetRepresentation(page, ContentNegotiation.ChooseCoding(request.Headers), hasBody);

        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = representation.ETag;
        headers.Age = ((long)Math.Ceiling(result.Age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers.CacheControl = CacheControl;
        headers["Cache-Status"] = result.Status.ToString();
        headers.Vary = Vary;
        headers.Link = PageLinks.For(request.PathBase.ToUriComponent() + path, result.Parts.Request, result.Parts.Extent);
        if (isUnchanged)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        headers.ContentType = Json;
        headers.ContentLength = representation.Length;
        headers.ContentEncoding = representation.Coding;
        if (!hasBody)
        {
            return;
        }

        await response.StartAsync(); // Kestrel copies a body that is written before the headers once more
        if (representation.Compressed is { } compressed)
        {
            response.BodyWriter.Write(compressed);
        }
        else
        {
            page.WriteTo(response.BodyWriter);
        }

        await response.BodyWriter.FlushAsync(); // without a token: Kestrel ends a write when the client disconnects
    }
}
