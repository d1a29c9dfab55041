using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Primitives;
using NclueGateway.Http;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Sends JSON with an entity tag, an age and links: 200 in the content coding that the client prefers, 304 or 412.
/// </summary>
internal sealed class ResponseSender(PageCache pages)
{
    private const string Json = "application/json";

    // Browsers revalidate every time, so that no page is shown after a sign-out. A revalidation causes no request to
    // the upstream.
    private static readonly StringValues CacheControl = "private, no-cache";
    private static readonly StringValues Vary = "Authorization, Cookie, Origin, Accept-Encoding";

    /// <summary>Sends 406 to a client that does not accept JSON, and returns false.</summary>
    public static async ValueTask<bool> IsAcceptableAsync(HttpContext context)
    {
        if (ContentNegotiation.QualityOf(context.Request.Headers, Json) > 0)
        {
            return true;
        }

        await new ProblemResult(HttpProblems.NotAcceptable) { Detail = "This resource is application/json." }.ExecuteAsync(context);
        return false;
    }

    /// <summary>Sends a response.</summary>
    /// <param name="context">The request.</param>
    /// <param name="body">The body.</param>
    /// <param name="age">The age of its data.</param>
    /// <param name="status">The part of the cache.</param>
    /// <param name="links">The value of <c>Link</c>.</param>
    public async Task SendAsync(HttpContext context, IResponseBody body, TimeSpan age, CacheStatus status, string links)
    {
        var request = context.Request;
        var precondition = EntityTags.Evaluate(request.Headers, body.ETag);
        if (precondition == Precondition.Failed)
        {
            await new ProblemResult(HttpProblems.PreconditionFailed).ExecuteAsync(context);
            return;
        }

        var isUnchanged = precondition == Precondition.NotModified;
        var hasBody = !isUnchanged && HttpMethods.IsGet(request.Method);
        var representation = pages.GetRepresentation(body, ContentNegotiation.ChooseCoding(request.Headers), hasBody);

        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = representation.ETag;
        headers.Age = AgeOf(age);
        headers.CacheControl = CacheControl;
        headers["Cache-Status"] = status.ToString();
        headers.Vary = Vary;
        headers.Link = links;
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

        await response.StartAsync(); // Kestrel makes an additional copy of a body that is written before the headers
        if (representation.Compressed is { } compressed)
        {
            response.BodyWriter.Write(compressed);
        }
        else
        {
            body.WriteTo(response.BodyWriter);
        }

        await response.BodyWriter.FlushAsync(); // without a token: Kestrel ends a write when the client disconnects
    }

    /// <summary>Returns the value of <c>Age</c>: whole seconds, rounded up.</summary>
    public static string AgeOf(TimeSpan age) => ((long)Math.Ceiling(age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
