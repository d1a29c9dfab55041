using System.Globalization;
using System.Net;
using System.Text.Json;

namespace NclueGateway.Client;

/// <summary>Converts one response to its content, or to the exception that describes it.</summary>
/// <param name="response">A response whose headers are read and whose body is not.</param>
/// <param name="now">This machine's time, for a response without <c>Date</c>.</param>
internal sealed class GatewayResponse(HttpResponseMessage response, DateTimeOffset now)
{
    public const string Json = "application/json";
    public const string EventStream = "text/event-stream";

    private const string ProblemJson = "application/problem+json";

    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromDays(1);

    /// <summary>Time of the response by the gateway's clock, because this machine's clock may be wrong.</summary>
    private DateTimeOffset Date => response.Headers.Date ?? now;

    private string? MediaType => response.Content.Headers.ContentType?.MediaType;

    /// <summary>
    /// Delay from seconds or a date (RFC 9110 §10.2.3), limited to 1 second to 1 day. 0 must not become a tight loop.
    /// </summary>
    private TimeSpan? RetryAfter => (response.Headers.RetryAfter?.Delta ?? response.Headers.RetryAfter?.Date - Date) switch
    {
        null => null,
        { } wait when wait < ShortestRetry => ShortestRetry,
        { } wait when wait > LongestRetry => LongestRetry,
        { } wait => wait,
    };

    /// <summary>Returns the content of the response.</summary>
    /// <param name="known">The content whose tag was sent in <c>If-None-Match</c>; null if none was sent.</param>
    /// <param name="parse">Reads the content from JSON.</param>
    /// <param name="http">The client whose limits of time and length also apply to the body.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="NclueGatewayException">The response is not that content.</exception>
    public async Task<T> ToContentAsync<T>(T? known, Func<byte[], T> parse, HttpClient http, CancellationToken cancellationToken)
        where T : GatewayContent
    {
        if (response.StatusCode == HttpStatusCode.NotModified && known is not null)
        {
            return WithHeaders(known);
        }

        var body = await ReadBodyAsync(http, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Refusal(body);
        }

        if (!Is(Json))
        {
            throw NotExpected(Json);
        }

        try
        {
            return WithHeaders(parse(body));
        }
        catch (JsonException mistake)
        {
            throw Failure($"with content that cannot be read. {mistake.Message}", HttpRequestError.InvalidResponse, inner: mistake);
        }
    }

    /// <summary>Returns if the response is an event stream, whose body is not read here.</summary>
    /// <param name="http">The client whose limits of time and length apply to the body of another response.</param>
    /// <param name="cancellationToken">Cancels the read of another response.</param>
    /// <exception cref="NclueGatewayException">It is another response.</exception>
    public async Task ExpectStreamAsync(HttpClient http, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Refusal(await ReadBodyAsync(http, cancellationToken).ConfigureAwait(false));
        }

        if (!Is(EventStream))
        {
            throw NotExpected(EventStream);
        }
    }

    /// <summary>
    /// Returns the content with the values of the header fields. What a 304 omits stays as it was. Its links replace
    /// those of the content: they are those of the newest version, and the others expire earlier.
    /// </summary>
    private T WithHeaders<T>(T content)
        where T : GatewayContent
    {
        var age = response.Headers.Age ?? TimeSpan.Zero;
        var hasLinks = response.Headers.TryGetValues("Link", out var links);
        return content with
        {
            Age = age,
            AsOf = Date - age,
            ETag = response.Headers.ETag?.ToString() ?? content.ETag,
            CacheStatus = response.Headers.TryGetValues("Cache-Status", out var status) ? string.Join(", ", status) : null,
            Next = hasLinks ? HeaderField.Link(links!, "next") : content.Next,
            Previous = hasLinks ? HeaderField.Link(links!, "prev") : content.Previous,
            Monitor = hasLinks ? HeaderField.Link(links!, "monitor") : content.Monitor,
        };
    }

    /// <summary>
    /// Reads the body. HttpClient's own timeout ends with the headers; the body gets the same time once more, by the
    /// same clock.
    /// </summary>
    private async Task<byte[]> ReadBodyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(http.Timeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(http.MaxResponseContentBufferSize, either.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failure(
                $"with a body that did not end within {http.Timeout}", HttpRequestError.ResponseEnded, inner: new TimeoutException());
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException)
        {
            var tooLong = cut is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded };
            throw tooLong
                ? Failure(
                    string.Create(CultureInfo.InvariantCulture, $"with a body of more than {http.MaxResponseContentBufferSize} bytes"),
                    HttpRequestError.ConfigurationLimitExceeded,
                    inner: cut)
                : Failure("with a body that was cut off", HttpRequestError.ResponseEnded, inner: cut);
        }
    }

    private NclueGatewayException Refusal(byte[] body)
    {
        if (!Is(ProblemJson))
        {
            return Failure($"with {MediaType ?? "no media type"} instead of a problem; it may come from a proxy in front of the gateway");
        }

        try
        {
            return JsonSerializer.Deserialize(body, ClientJson.Default.NclueGatewayProblem) is { } problem
                ? Failure(problem.ToString(), problem: problem)
                : Failure("with an empty problem");
        }
        catch (JsonException mistake)
        {
            return Failure("with a problem that cannot be read", inner: mistake);
        }
    }

    private NclueGatewayException NotExpected(string mediaType) =>
        Failure($"with {MediaType ?? "no media type"} instead of {mediaType}", HttpRequestError.InvalidResponse);

    private bool Is(string mediaType) => string.Equals(MediaType, mediaType, StringComparison.OrdinalIgnoreCase);

    private NclueGatewayException Failure(
        string what, HttpRequestError error = HttpRequestError.Unknown, NclueGatewayProblem? problem = null, Exception? inner = null) =>
        new(
            response.StatusCode,
            string.Create(CultureInfo.InvariantCulture, $"The gateway's address responded with {(int)response.StatusCode} {what}."),
            problem,
            RetryAfter,
            error,
            inner)
        {
            HasAge = response.Headers.Age is not null,
        };
}
