using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>
/// One answer with a problem: <c>application/problem+json</c> (RFC 9457) with <c>type</c>, <c>title</c>, <c>status</c>, <c>traceId</c> and
/// what is set here. Written whole, whatever the request's Accept header says: a caller that cannot read it still gets the status.
/// </summary>
/// <remarks>
/// Nothing here may hold text of the request, of the upstream or of an exception; only the names in <see cref="Errors"/> do.
/// </remarks>
internal sealed record ProblemResult(ProblemType Problem) : IResult
{
    /// <summary>How many characters of a parameter's name are repeated, at most.</summary>
    public const int MaxNameLength = 64;

    /// <summary>How many parameters are named, at most.</summary>
    public const int MaxNames = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>
    /// The status, where it is another one of the same class than the problem's own (413 for <c>invalid-request</c>, say).
    /// </summary>
    public int Status { get; init; } = Problem.Status;

    /// <summary>What is particular about this occurrence, in one or two sentences; null leaves the member out.</summary>
    public string? Detail { get; init; }

    /// <summary>After which time asking again makes sense; sent as whole seconds, at least one. Null sends no header.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Parameter name → what is wrong with it; null leaves the member out. Names are capped, messages must be our own words.
    /// </summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The path at which a browser signs in; null leaves the member out.</summary>
    public string? Login { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var pathBase = httpContext.Request.PathBase.ToUriComponent();
        var body = new Body(
            pathBase + Problem.Path,
            Problem.Title,
            Status,
            Detail,
            LoggedRequest.TraceId(httpContext),
            Login is null ? null : pathBase + Login,
            Errors?.Take(MaxNames).Select(error => (Name: Shorten(error.Key), Messages: error.Value))
                .DistinctBy(error => error.Name) // two long names can be the same once they are cut
                .ToDictionary(error => error.Name, error => error.Messages));
        return SendAsync(httpContext, "application/problem+json", JsonSerializer.SerializeToUtf8Bytes(body, Json));
    }

    /// <summary>Responds with a page in place of the problem, for a person; status and headers are those of the problem.</summary>
    public Task ExecuteAsPageAsync(HttpContext httpContext, string html)
    {
        httpContext.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return SendAsync(httpContext, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html));
    }

    private async Task SendAsync(HttpContext httpContext, string contentType, ReadOnlyMemory<byte> body)
    {
        httpContext.Features.Set(Problem); // the audit names it
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Remove(HeaderNames.ETag);
        if (Status == StatusCodes.Status401Unauthorized && StringValues.IsNullOrEmpty(response.Headers.WWWAuthenticate))
        {
            response.Headers.WWWAuthenticate = "Bearer"; // every 401 has to name a way (RFC 9110 §11.6.1)
        }

        if (RetryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        // For HEAD the server keeps the headers and drops these bytes. Without a token: the server itself ends a write to a caller who
        // left.
        await response.Body.WriteAsync(body);
    }

    private static string Shorten(string name)
    {
        if (name.Length <= MaxNameLength)
        {
            return name;
        }

        // Never half a character: JSON cannot hold one.
        return name[..(char.IsHighSurrogate(name[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)] + "…";
    }

    private sealed record Body(
        string Type, string Title, int Status, string? Detail, string TraceId, string? Login, Dictionary<string, string[]>? Errors);
}
