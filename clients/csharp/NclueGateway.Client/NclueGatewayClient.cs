using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <summary>
/// Reads NCLUE's task runs from an NclueGateway. Thread-safe; it can be used as long as its <see cref="HttpClient"/>.
/// Create it directly or with <c>AddHttpClient&lt;NclueGatewayClient&gt;</c>. The <see cref="HttpClient"/> must send
/// the access token.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="NclueGatewayException"/> if the response is not the requested page, and a plain
/// <see cref="HttpRequestException"/> if there is no response. It throws a <see cref="TaskCanceledException"/> around a
/// <see cref="TimeoutException"/> if no response comes within <see cref="HttpClient.Timeout"/>.
/// </remarks>
public sealed class NclueGatewayClient
{
    // Intervals between reads: the gateway itself has a new copy every ten seconds (docs/frontend.md).
    private static readonly TimeSpan WhileUnfinished = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WhenFinished = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly Uri _list;

    /// <summary>Creates a client.</summary>
    /// <param name="http">
    /// A client that sends the access token and has the gateway's address as <see cref="HttpClient.BaseAddress"/>. It
    /// is not disposed of here.
    /// </param>
    /// <param name="time">Clock of all waits; the system clock by default.</param>
    /// <exception cref="ArgumentException"><paramref name="http"/> has no base address.</exception>
    public NclueGatewayClient(HttpClient http, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        var gateway = http.BaseAddress ?? throw new ArgumentException("BaseAddress must be the address of the gateway.", nameof(http));
        _http = http;
        _time = time ?? TimeProvider.System;
        _list = new Uri(gateway.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/api/task-runs");
    }

    /// <summary>
    /// Maximum time that one read waits in all for the <c>Retry-After</c> of a 429 or 503. The client then repeats the
    /// request. A response that demands a longer wait is thrown at once. No other response is retried.
    /// </summary>
    /// <value>Zero or more; zero never waits. Default 30 seconds.</value>
    public TimeSpan MaxRetryWait
    {
        get;
        init => field = value >= TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "It must not be negative.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>Reads one page of the list, in NCLUE's own order.</summary>
    /// <param name="index">First row: 0 to 10,000,000.</param>
    /// <param name="limit">Maximum number of rows: 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<TaskRunPage> ListAsync(int index = 0, int limit = 20, CancellationToken cancellationToken = default) =>
        ReadAsync(AddressOf(index, limit), known: null, cancellationToken);

    /// <summary>
    /// Reads the current version of a page. If its content is unchanged, the response has no body
    /// (<c>If-None-Match</c>). The result then has the same <see cref="TaskRunPage.Runs"/> with a new
    /// <see cref="TaskRunPage.AsOf"/>.
    /// </summary>
    /// <param name="page">The page to read again.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<TaskRunPage> RefreshAsync(TaskRunPage page, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        return ReadAsync(AddressOf(page.Index, page.Limit), page, cancellationToken);
    }

    /// <summary>
    /// Reads all pages from a row to the end of the list. It ends when a response has no link to a next page, not at a
    /// short page.
    /// </summary>
    /// <remarks>
    /// Each page is read when the caller requests it. A run that is created or deleted meanwhile moves the other runs,
    /// so that a run may appear twice or not at all.
    /// </remarks>
    /// <param name="index">First row: 0 to 10,000,000.</param>
    /// <param name="limit">Maximum number of rows per page: 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public async IAsyncEnumerable<TaskRunPage> ListPagesAsync(
        int index = 0, int limit = 100, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var address = AddressOf(index, limit);
        TaskRunPage? previous = null;
        while (true)
        {
            var page = await ReadAsync(address, known: null, cancellationToken).ConfigureAwait(false);
            if (page.Index <= previous?.Index)
            {
                throw BadNext($"leads from row {previous.Index} to row {page.Index}, which is not further on");
            }

            yield return page;
            if (page.Next is null)
            {
                yield break;
            }

            address = Follow(address, page.Next);
            previous = page;
        }
    }

    /// <summary>Reads all runs with <see cref="ListPagesAsync"/>, in pages of 100.</summary>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public async IAsyncEnumerable<TaskRun> ListAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var page in ListPagesAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            foreach (var run in page.Runs)
            {
                yield return run;
            }
        }
    }

    /// <summary>
    /// Returns a page now, and again whenever its content has changed, until it is cancelled. It reads the page every
    /// 10 seconds while a run of it is unfinished, otherwise every 60 seconds.
    /// </summary>
    /// <remarks>
    /// A failure of the first read ends the sequence. After that, a failure that may be temporary does not: no
    /// response, 429 or 5xx. The next read is then after <c>Retry-After</c>, or after 30 seconds. A permanent failure,
    /// such as 401, ends the sequence with its exception. A page that has only become older is not returned again; to
    /// show a current <see cref="TaskRunPage.AsOf"/>, call <see cref="RefreshAsync"/> instead.
    /// </remarks>
    /// <param name="index">First row: 0 to 10,000,000.</param>
    /// <param name="limit">Maximum number of rows: 1 to 100.</param>
    /// <param name="onFailure">Called for each failure that does not end the sequence.</param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<TaskRunPage> WatchAsync(
        int index = 0,
        int limit = 20,
        Action<Exception>? onFailure = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var page = await ListAsync(index, limit, cancellationToken).ConfigureAwait(false);
        yield return page;

        var wait = IntervalOf(page);
        while (true)
        {
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            var shown = page;
            try
            {
                page = await RefreshAsync(page, cancellationToken).ConfigureAwait(false);
                wait = IntervalOf(page);
            }
            catch (Exception failure) when (MayPass(failure) && !cancellationToken.IsCancellationRequested)
            {
                onFailure?.Invoke(failure);
                wait = (failure as NclueGatewayException)?.RetryAfter ?? AfterFailure;
            }

            if (!page.ShowsTheSameAs(shown))
            {
                yield return page;
            }
        }
    }

    private static TimeSpan IntervalOf(TaskRunPage page) => page.Runs.Any(run => run.IsUnfinished) ? WhileUnfinished : WhenFinished;

    private static bool MayPass(Exception failure) => failure switch
    {
        HttpRequestException http =>
            http.StatusCode is null or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
            || http.HttpRequestError == HttpRequestError.ResponseEnded,
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>
    /// Returns the address of a next link. It must be at the gateway, because the request carries the token.
    /// </summary>
    private static Uri Follow(Uri from, string reference) =>
        Uri.TryCreate(from, reference, out var next)
        && Uri.Compare(from, next, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
            ? next
            : throw BadNext("leads away from the gateway");

    private static NclueGatewayException BadNext(string why) =>
        new(HttpStatusCode.OK, $"The link to the next page {why}.", error: HttpRequestError.InvalidResponse);

    private Uri AddressOf(int index, int limit) => new(_list, $"?index={index}&limit={limit}");

    private async Task<TaskRunPage> ReadAsync(Uri address, TaskRunPage? known, CancellationToken cancellationToken)
    {
        for (var left = MaxRetryWait; ;)
        {
            try
            {
                return await AskAsync(address, known, cancellationToken).ConfigureAwait(false);
            }
            catch (NclueGatewayException refusal)
                when (refusal.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                    && refusal.RetryAfter <= left)
            {
                left -= refusal.RetryAfter.Value;
                await Task.Delay(refusal.RetryAfter.Value, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<TaskRunPage> AskAsync(Uri address, TaskRunPage? known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(GatewayResponse.Json));
        if (known?.ETag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        return await new GatewayResponse(response, _time.GetUtcNow()).ToPageAsync(known, _http, cancellationToken).ConfigureAwait(false);
    }
}
