using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <summary>
/// Reads NCLUE's task runs from an NclueGateway. Thread-safe, and good for as long as its <see cref="HttpClient"/>; made by hand or by
/// <c>AddHttpClient&lt;NclueGatewayClient&gt;</c>. The access token is brought by the <see cref="HttpClient"/>.
/// </summary>
/// <remarks>
/// Every method ends with a <see cref="NclueGatewayException"/> when the answer is not what was asked for, with a plain
/// <see cref="HttpRequestException"/> when there was no answer at all, and with a <see cref="TaskCanceledException"/> around a
/// <see cref="TimeoutException"/> when none came within <see cref="HttpClient.Timeout"/>.
/// </remarks>
public sealed class NclueGatewayClient
{
    // How often to look: the gateway itself has a new copy every ten seconds (docs/frontend.md).
    private static readonly TimeSpan WhileUnfinished = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WhenFinished = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly Uri _list;

    /// <param name="http">Signed in, with the gateway's address as <see cref="HttpClient.BaseAddress"/>. It is not disposed of here.</param>
    /// <param name="time">The clock of all waits; the system's by default.</param>
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
    /// How long one read may wait in all because a 429 or 503 said so in <c>Retry-After</c>. It then asks again by itself; what would take
    /// longer is thrown at once. Nothing else is ever tried again.
    /// </summary>
    /// <value>Zero or more; zero never waits. Default 30 seconds.</value>
    public TimeSpan MaxRetryWait
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "It must not be negative.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>One page of the list, in NCLUE's own order.</summary>
    /// <param name="index">The row to start at: 0 to 10,000,000.</param>
    /// <param name="limit">How many rows: 1 to 100.</param>
    /// <param name="cancellationToken">Ends the read and its waits.</param>
    public Task<TaskRunPage> ListAsync(int index = 0, int limit = 20, CancellationToken cancellationToken = default) =>
        ReadAsync(AddressOf(index, limit), known: null, cancellationToken);

    /// <summary>
    /// The same page as it is now. While its content is unchanged that costs no body (<c>If-None-Match</c>), and the answer has the same
    /// <see cref="TaskRunPage.Runs"/> with a new <see cref="TaskRunPage.AsOf"/>.
    /// </summary>
    public Task<TaskRunPage> RefreshAsync(TaskRunPage page, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        return ReadAsync(AddressOf(page.Index, page.Limit), page, cancellationToken);
    }

    /// <summary>All pages from a row to the end of the list: goes on until the gateway names no next page, however few runs one holds.</summary>
    /// <remarks>
    /// Each page is read when it is asked for. A run that is created or deleted meanwhile moves the others, so that one may show twice, or
    /// not at all.
    /// </remarks>
    /// <param name="index">The row to start at: 0 to 10,000,000.</param>
    /// <param name="limit">How many rows a page has: 1 to 100.</param>
    /// <param name="cancellationToken">Ends the read and its waits.</param>
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

    /// <summary>All runs, as <see cref="ListPagesAsync"/> reads them, in pages of 100.</summary>
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
    /// A page now, and again whenever its content has changed, until it is cancelled. Looks every 10 seconds while a run of the page is
    /// unfinished, else every 60.
    /// </summary>
    /// <remarks>
    /// A failure to read the first page ends it. After that a failure that may pass does not: no answer, 429, 5xx. It then looks again after
    /// <c>Retry-After</c>, or else 30 seconds. What will not pass, such as 401, ends it with the exception. A page that has only become older
    /// is not shown again: whoever shows <see cref="TaskRunPage.AsOf"/> calls <see cref="RefreshAsync"/> instead.
    /// </remarks>
    /// <param name="index">The row to start at: 0 to 10,000,000.</param>
    /// <param name="limit">How many rows: 1 to 100.</param>
    /// <param name="onFailure">Is told of each failure that does not end it.</param>
    /// <param name="cancellationToken">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<TaskRunPage> WatchAsync(
        int index = 0, int limit = 20, Action<Exception>? onFailure = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
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

    /// <summary>Where a next link leads; only ever to where the token may go.</summary>
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
                when (refusal.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && refusal.RetryAfter <= left)
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
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(Answer.Json));
        if (known?.ETag is { } tag)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return await new Answer(response, _time.GetUtcNow()).ToPageAsync(known, _http, cancellationToken).ConfigureAwait(false);
    }
}
