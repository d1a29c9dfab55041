using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>
/// A response with a problem: <c>application/problem+json</c> (RFC 9457) with <c>type</c>, <c>title</c>, <c>status</c>,
/// <c>traceId</c> and the properties that are set here. It ignores the request's Accept header: a caller that cannot read
/// the body still gets the status.
/// </summary>
/// <remarks>
/// No property may contain text of the request, of the upstream or of an exception, except the parameter names in <see cref="Errors"/>.
/// </remarks>
internal sealed record ProblemResult(ProblemType Problem) : IResult
{
    /// <summary>Maximum length of a parameter's name in characters; longer names are cut.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Maximum number of parameters in <see cref="Errors"/>.</summary>
    public const int MaxNames = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>
    /// The HTTP status. It may differ from the problem's own within the same class (413 for <c>invalid-request</c>, for example).
    /// </summary>
    public int Status { get; init; } = Problem.Status;

    /// <summary>The explanation of this occurrence, in one or two sentences; null omits the member.</summary>
    public string? Detail { get; init; }

    /// <summary>Time after which a retry makes sense; sent as whole seconds, at least one. Null sends no header.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Error messages by parameter name; null omits the member. Long names are cut; messages must not contain text of the caller.
    /// </summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The path at which a browser signs in; null omits the member.</summary>
    public string? Login { get; init; }

    /// <summary>Further members of the problem type (RFC 9457 §3.2); null for none.</summary>
    public Dictionary<string, object?>? Extensions { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (httpContext.Features.Get<ProblemPresentation>() is { } presentation)
        {
            return ExecuteAsPageAsync(httpContext, presentation.Create(httpContext, this));
        }

        var pathBase = httpContext.Request.PathBase.ToUriComponent();
        var body = new Body(
            pathBase + Problem.Path,
            Problem.Title,
            Status,
            Detail,
            LoggedRequest.TraceId(httpContext),
            Login is null ? null : pathBase + Login,
            Errors?.Take(MaxNames).Select(error => (Name: Shorten(error.Key), Messages: error.Value))
                .DistinctBy(error => error.Name) // two long names may be equal after they are cut
                .ToDictionary(error => error.Name, error => error.Messages))
        {
            Extensions = Extensions,
        };
        Prepare(httpContext);
        var json = JsonSerializer.SerializeToUtf8Bytes(body, Json);
        (httpContext.Response.ContentType, httpContext.Response.ContentLength) = ("application/problem+json", json.Length);

        // For HEAD the server sends the headers and drops these bytes. No cancellation token is needed: the server itself ends a write to a
        // caller that has disconnected.
        return httpContext.Response.Body.WriteAsync(json).AsTask();
    }

    /// <summary>Sends a page instead of the JSON body, with the status and headers of the problem.</summary>
    public Task ExecuteAsPageAsync(HttpContext httpContext, IResult page)
    {
        Prepare(httpContext);
        return page.ExecuteAsync(httpContext);
    }

    private void Prepare(HttpContext httpContext)
    {
        httpContext.Features.Set(Problem); // for the audit
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Remove(HeaderNames.ETag);
        if (Status == StatusCodes.Status401Unauthorized && StringValues.IsNullOrEmpty(response.Headers.WWWAuthenticate))
        {
            response.Headers.WWWAuthenticate = "Bearer"; // every 401 must have a challenge (RFC 9110 §11.6.1)
        }

        if (RetryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string Shorten(string name)
    {
        if (name.Length <= MaxNameLength)
        {
            return name;
        }

        // Never cut within a surrogate pair: JSON cannot represent half a character.
        return name[..(char.IsHighSurrogate(name[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)] + "…";
    }

    private sealed record Body(
        string Type, string Title, int Status, string? Detail, string TraceId, string? Login, Dictionary<string, string[]>? Errors)
    {
        [JsonExtensionData]
        public Dictionary<string, object?>? Extensions { get; init; }
    }
}
