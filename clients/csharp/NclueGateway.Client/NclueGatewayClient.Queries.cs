using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;

namespace NclueGateway.Client;

/// <content>Queries on the whole list, links between pages, runs by id, and counts.</content>
public sealed partial class NclueGatewayClient
{
    /// <summary>
    /// Reads the first page of a query's result. <see cref="TaskRunPage.Total"/> is exact. <see cref="NextAsync"/> leads
    /// on, through one version of the list.
    /// </summary>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<TaskRunPage> ListAsync(TaskRunQuery query, CancellationToken cancellationToken = default) =>
        ReadPageAsync(AddressOf(query, limit: 20), isQuery: true, Limits, cancellationToken);

    /// <summary>Reads the page after a page, by its link.</summary>
    /// <remarks>
    /// All pages of a query that links lead to are of one version of the list. When the gateway no longer has this
    /// version, it responds with <see cref="ProblemSlugs.CursorExpired"/>; begin again with the first page.
    /// </remarks>
    /// <param name="page">The page before.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <returns>The page; null if there is none.</returns>
    /// <exception cref="ArgumentException">It is a page of a query, and not one from this gateway.</exception>
    public Task<TaskRunPage?> NextAsync(TaskRunPage page, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        return ReadLinkedAsync(page, page.Next, cancellationToken);
    }

    /// <summary>Reads the page before a page, by its link; as <see cref="NextAsync"/>.</summary>
    /// <remarks>It may be shorter near the start of the result, so that no run is on two pages.</remarks>
    /// <param name="page">The page after.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <returns>The page; null if there is none.</returns>
    /// <exception cref="ArgumentException">It is a page of a query, and not one from this gateway.</exception>
    public Task<TaskRunPage?> PreviousAsync(TaskRunPage page, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        return ReadLinkedAsync(page, page.Previous, cancellationToken);
    }

    /// <summary>Reads all pages of a query's result, by their links. All are of one version of the list.</summary>
    /// <remarks>
    /// When the gateway no longer has this version (ten minutes, by default, after a newer one replaced it), the next
    /// page is the first one of the newest version, with <see cref="TaskRunQuery.Index"/> again: discard the pages before
    /// it. So the pages since the last first page are exactly one version. A version that expires no further on than the
    /// one before it ends the sequence with <see cref="ProblemSlugs.CursorExpired"/>, because the caller is too slow.
    /// </remarks>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public IAsyncEnumerable<TaskRunPage> ListPagesAsync(TaskRunQuery query, CancellationToken cancellationToken = default) =>
        FollowAsync(AddressOf(query, limit: 100), isQuery: true, Limits, cancellationToken);

    /// <summary>
    /// Reads all runs that match a query, with <see cref="ListPagesAsync(TaskRunQuery, CancellationToken)"/>. No run comes
    /// twice.
    /// </summary>
    /// <remarks>
    /// All runs are of one version of the list, in the order of the query, unless this version expires on the way. Then
    /// the read begins again with the newest version and leaves out the ids that it has already returned. Each run of
    /// that version is then among the returned ones, but not in order; those from before may be outdated or deleted.
    /// To get exactly one version in any case, read pages. It keeps the ids in memory.
    /// </remarks>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public async IAsyncEnumerable<TaskRun> ListAllAsync(
        TaskRunQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var returned = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var page in ListPagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            foreach (var run in page.Runs)
            {
                if (returned.Add(run.Id))
                {
                    yield return run;
                }
            }
        }
    }

    /// <summary>Reads a run by its id. A run that was created just before is found.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    /// <returns>The run; null if it was not in NCLUE's list when the gateway read the list last.</returns>
    /// <exception cref="ArgumentException">The id is empty, or a dot segment of a path: "." or "..".</exception>
    public async Task<FoundTaskRun?> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id is "." or "..")
        {
            throw new ArgumentException("It leads to another path (RFC 3986 §5.2.4).", nameof(id));
        }

        try
        {
            return await ReadAsync(
                new($"{_list.AbsoluteUri}/{Uri.EscapeDataString(id)}"), known: null, ContentJson.ReadRun, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (NclueGatewayException absent) when (absent.HasAge && absent.Problem?.Slug == ProblemSlugs.NotFound)
        {
            return null; // without Age the path is not the gateway's, because the base address is wrong
        }
    }

    /// <summary>Counts the runs that match a query: by status, task, feature, model and failure code.</summary>
    /// <param name="query">
    /// The query; all runs by default. Its <see cref="TaskRunQuery.Sort"/>, <see cref="TaskRunQuery.Limit"/> and
    /// <see cref="TaskRunQuery.Index"/> do not matter.
    /// </param>
    /// <param name="per">
    /// Unit of <see cref="TaskRunSummary.Created"/>; null for no counts by time. More than 400 hours or days are refused:
    /// set <see cref="TaskRunQuery.CreatedAfter"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the read and its waits.</param>
    public Task<TaskRunSummary> SummarizeAsync(
        TaskRunQuery? query = null, SummaryUnit? per = null, CancellationToken cancellationToken = default) =>
        ReadAsync(
            new($"{_list.AbsoluteUri}/summary{QueryString.OfSummary(query ?? new(), per)}"),
            known: null,
            ContentJson.ReadSummary,
            cancellationToken);

    private static bool IsOfQuery(TaskRunPage page) => page.Complete is not null;

    private static Func<byte[], TaskRunPage> ParserFor(bool isQuery) => isQuery ? ContentJson.ReadResult : ContentJson.ReadPage;

    /// <summary>
    /// Returns the address of a link. It must be at the gateway, because the request carries the token.
    /// </summary>
    private static Uri Follow(Uri from, string reference) =>
        Uri.TryCreate(from, reference, out var next) && AreOfOneServer(from, next)
            ? next
            : throw BadLink("leads away from the gateway");

    private static bool AreOfOneServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static NclueGatewayException BadLink(string why) =>
        new(HttpStatusCode.OK, $"A link of a page {why}.", error: HttpRequestError.InvalidResponse);

    private Uri AddressOf(TaskRunQuery query, int limit)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new(_list, QueryString.OfList(query, limit));
    }

    private Uri AddressOf(TaskRunPage page) =>
        !IsOfQuery(page) ? AddressOf(page.Index, page.Limit)
        : page.Address is { } address && AreOfOneServer(_list, address) ? address
        : throw new ArgumentException("It is a page of a query, and not one from this gateway.", nameof(page));

    private async Task<TaskRunPage?> ReadLinkedAsync(TaskRunPage page, string? link, CancellationToken cancellationToken) => link is null
        ? null
        : await ReadPageAsync(Follow(AddressOf(page), link), IsOfQuery(page), Limits, cancellationToken).ConfigureAwait(false);

    /// <summary>Reads pages by their links, and begins again when the version of a query's pages has expired.</summary>
    private async IAsyncEnumerable<TaskRunPage> FollowAsync(
        Uri first, bool isQuery, WaitLimits limits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var address = first;
        TaskRunPage? previous = null;
        var expiredAt = -1; // first row of the last page before the last expiry
        while (true)
        {
            TaskRunPage page;
            try
            {
                page = await ReadPageAsync(address, isQuery, limits, cancellationToken).ConfigureAwait(false);
            }
            catch (NclueGatewayException expired)
                when (expired.Problem?.Slug == ProblemSlugs.CursorExpired && previous?.Index > expiredAt)
            {
                expiredAt = previous.Index;
                (address, previous) = (first, null);
                continue;
            }

            if (page.Index <= previous?.Index)
            {
                throw BadLink(string.Create(
                    CultureInfo.InvariantCulture, $"leads from row {previous.Index} to row {page.Index}, which is not further on"));
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
}
