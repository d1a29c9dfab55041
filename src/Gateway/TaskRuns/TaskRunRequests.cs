using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using NclueGateway.Access;
using NclueGateway.Http;
using NclueGateway.Operations.Audit;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Answers a read, whoever it is from: that is settled when a request gets here. Of a page that is held nothing is awaited, looked up in services
/// or made anew but what is different each time, its age and what the cache did.
/// </summary>
internal sealed class TaskRunRequests(TaskRunReader reader, PageStore pages, TaskRunMetrics metrics)
{
    private const string Json = "application/json";

    // Browsers ask again each time, so that nothing is shown after a sign-out; asking costs the upstream nothing.
    private static readonly StringValues CacheControl = "private, no-cache";
    private static readonly StringValues Vary = "Authorization, Cookie, Origin, Accept-Encoding";

    public Task AnswerAsync(HttpContext context)
    {
        var query = context.Request;
        if (!PageQuery.TryParse(query.QueryString.Value, out var request, out var errors))
        {
            return new ProblemAnswer(Problems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
        }

        context.Features.Get<AuditNotes>()?.Asked(request.Index, request.Limit);
        if (AcceptHeader.QualityOf(query.Headers, Json) == 0)
        {
            return new ProblemAnswer(Problems.NotAcceptable) { Detail = "This resource is application/json." }.ExecuteAsync(context);
        }

        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var reading = reader.ReadAsync(request, ((SignedInCaller)context.User).Caller, lifetime);
        return reading.IsCompletedSuccessfully ? AnswerAsync(context, reading.Result) : WaitAsync(context, reading);
    }

    private async Task WaitAsync(HttpContext context, ValueTask<TaskRunReading> reading) => await AnswerAsync(context, await reading);

    private Task AnswerAsync(HttpContext context, TaskRunReading reading)
    {
        if (reading.Refusal is { } refusal)
        {
            metrics.Refused(refusal.Problem);
            return new ProblemAnswer(refusal.Problem) { Detail = refusal.Detail, RetryAfter = refusal.RetryAfter }.ExecuteAsync(context);
        }

        metrics.Answered(reading.Status.Outcome, reading.Age);
        context.Features.Get<AuditNotes>()?.Answered(Enum.GetName(reading.Status.Outcome)!);

        var request = context.Request;
        var page = pages.Get(reading.Parts, request.PathBase.HasValue ? request.PathBase.ToUriComponent() : "");
        var precondition = EntityTags.Evaluate(request.Headers, page.ETag);
        if (precondition == Precondition.Failed)
        {
            return new ProblemAnswer(Problems.PreconditionFailed).ExecuteAsync(context);
        }

        var coding = ContentCodings.Choose(request.Headers.AcceptEncoding);
        var isUnchanged = precondition == Precondition.NotModified;
        var hasBody = !isUnchanged && HttpMethods.IsGet(request.Method);
        var form = hasBody ? page.In(coding) : page.Made(coding);

        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = form.ETag;
        headers.Age = ((long)Math.Ceiling(reading.Age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers.CacheControl = CacheControl;
        headers["Cache-Status"] = reading.Status.ToString();
        headers.Vary = Vary;
        headers.Link = page.Link;
        if (isUnchanged)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        headers.ContentType = Json;
        headers.ContentLength = form.Length;
        headers.ContentEncoding = form.Coding.Name();
        return hasBody ? WriteAsync(response, page, form) : Task.CompletedTask;
    }

    /// <summary>
    /// The head goes out first: what is written before it would be copied once more. Without a token: the server itself ends a write to a caller who left.
    /// </summary>
    private static Task WriteAsync(HttpResponse response, PreparedPage page, PageForm form)
    {
        var started = response.StartAsync();
        return started.IsCompletedSuccessfully ? WriteBodyAsync(response, page, form) : WaitAsync(started, response, page, form);
    }

    private static async Task WaitAsync(Task started, HttpResponse response, PreparedPage page, PageForm form)
    {
        await started;
        await WriteBodyAsync(response, page, form);
    }

    private static Task WriteBodyAsync(HttpResponse response, PreparedPage page, PageForm form)
    {
        var body = response.BodyWriter;
        page.Write(form, body);
        var flushed = body.FlushAsync();
        return flushed.IsCompletedSuccessfully ? Task.CompletedTask : flushed.AsTask();
    }
}
