using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <summary>
/// Reads NCLUE's task runs from an NclueGateway: rows of NCLUE's own list, and with a <see cref="TaskRunQuery"/> what
/// matches on the whole list. Thread-safe; it can be used as long as its <see cref="HttpClient"/>.
/// Create it directly or with <c>AddHttpClient&lt;NclueGatewayClient&gt;</c>. The <see cref="HttpClient"/> must send
/// the access token.
/// </summary>
/// <remarks>
/// Every method throws a <see cref="NclueGatewayException"/> if the response is not the requested content, and a plain
/// <see cref="HttpRequestException"/> if there is no response. It throws a <see cref="TaskCanceledException"/> around a
/// <see cref="TimeoutException"/> if no response comes within <see cref="HttpClient.Timeout"/>.
/// </remarks>
public sealed partial class NclueGatewayClient
{
    // Intervals between reads: the gateway itself has a new copy every ten seconds (docs/frontend.md).
    private static readonly TimeSpan WhileUnfinished = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WhenFinished = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);

    private readonly GatewayReader _reader;
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
        _time = time ?? TimeProvider.System;
        _http = http;
        _reader = new(http, _time);
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
        init => field = NotNegative(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum time that one read waits in all until the gateway has read the whole list, which takes it about a second
    /// per 90 runs (<see cref="ProblemSlugs.ListIncomplete"/>). It then repeats the request after <c>Retry-After</c>.
    /// </summary>
    /// <value>
    /// Zero or more; zero never waits. Null, the default: <see cref="MaxRetryWait"/> includes this wait, as that for any
    /// other 503.
    /// </value>
    public TimeSpan? MaxListWait
    {
        get;
        init => field = value is { } wait ? NotNegative(wait) : null;
    }

    /// <summary>Reads one page of the list, in NCLUE's own order.</summary>
    /// <param name="index">First row: 0 to 10,000,000.</param>
    /// <param name="limit">Maximum number of rows: 1 to 100.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<TaskRunPage> ListAsync(int index = 0, int limit = 20, CancellationToken cancellationToken = default) =>
        ReadPageAsync(AddressOf(index, limit), isQuery: false, Limits, cancellationToken);

    /// <summary>
    /// Reads the current version of a page, also of a query. If its content is unchanged, the response has no body
    /// (<c>If-None-Match</c>). The result then has the same <see cref="TaskRunPage.Runs"/> with a new
    /// <see cref="GatewayContent.AsOf"/>, and its links lead to the newest version of the list.
    /// </summary>
    /// <remarks>
    /// A page of a query to which <see cref="NextAsync"/> or <see cref="PreviousAsync"/> led stays one of its version,
    /// and expires with it. The first page, from <see cref="ListAsync(TaskRunQuery, CancellationToken)"/>, does not.
    /// </remarks>
    /// <param name="page">The page to read again.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <exception cref="ArgumentException">It is a page of a query, and not one from this gateway.</exception>
    public Task<TaskRunPage> RefreshAsync(TaskRunPage page, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        return ReadAsync(AddressOf(page), page, ParserFor(IsOfQuery(page)), cancellationToken);
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
    public IAsyncEnumerable<TaskRunPage> ListPagesAsync(int index = 0, int limit = 100, CancellationToken cancellationToken = default) =>
        FollowAsync(AddressOf(index, limit), isQuery: false, Limits, cancellationToken);

    /// <summary>Reads all runs with <see cref="ListPagesAsync(int, int, CancellationToken)"/>, in pages of 100.</summary>
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
    /// show a current <see cref="GatewayContent.AsOf"/>, call <see cref="RefreshAsync"/> instead.
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

    private Uri Changes => new(_list.AbsoluteUri + "/changes");

    private WaitLimits Limits => new(MaxRetryWait, MaxListWait);

    private static TimeSpan IntervalOf(TaskRunPage page) => page.Runs.Any(run => run.IsUnfinished) ? WhileUnfinished : WhenFinished;

    private static bool MayPass(Exception failure) => failure switch
    {
        HttpRequestException http =>
            http.StatusCode is null or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
            || http.HttpRequestError == HttpRequestError.ResponseEnded,
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    private static TimeSpan NotNegative(TimeSpan value) => value >= TimeSpan.Zero
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "It must not be negative.");

    private Uri AddressOf(int index, int limit) => new(_list, string.Create(CultureInfo.InvariantCulture, $"?index={index}&limit={limit}"));

    private Task<TaskRunPage> ReadPageAsync(Uri address, bool isQuery, WaitLimits limits, CancellationToken cancellationToken) =>
        _reader.ReadAsync(address, known: null, ParserFor(isQuery), limits, cancellationToken);

    private Task<T> ReadAsync<T>(Uri address, T? known, Func<byte[], T> parse, CancellationToken cancellationToken)
        where T : GatewayContent =>
        _reader.ReadAsync(address, known, parse, Limits, cancellationToken);
}
