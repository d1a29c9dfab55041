using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.TaskRuns.Queries;

namespace NclueGateway.Console;

/// <summary>
/// The query string of the board: filters, order and position. Its names are those of the API, except <c>from</c> and <c>to</c>, which are
/// the first and the last day of a range. Empty values count as absent: forms without script send them.
/// </summary>
internal sealed class BoardQuery
{
    public const int PageSize = 50;

    /// <summary>The parameter with the id of a row that a page shows already, for live updates. It is part of no link.</summary>
    public const string Shown = "shown";

    /// <summary>First year of a valid day. NCLUE is younger; the last year is the last one that the framework's times can have.</summary>
    private const int FirstYear = 2000;
    private const int LastYear = 9999;

    public const string From = "from";
    public const string To = "to";
    private const string Sort = "sort";
    private const string Cursor = "cursor";
    private const string Status = "status";

    public static readonly IReadOnlyCollection<string> Names =
        ["q", Status, "taskId", "featureId", "model", "failureCode", From, To, Sort, Cursor];

    private readonly List<(string Name, string Value)> _values = [];
    private readonly List<string> _errors = [];

    /// <summary>The board without filters.</summary>
    public static readonly BoardQuery All = new();

    /// <summary>Reads a query string.</summary>
    public BoardQuery(string? queryString, QueryParser parser)
    {
        List<string> shown = [];
        foreach (var pair in new QueryStringEnumerable(queryString))
        {
            var (name, value) = (pair.DecodeName().ToString(), pair.DecodeValue().ToString());
            if (name == Shown)
            {
                shown.Add(value);
            }
            else if (!Names.Contains(name))
            {
                _errors.Add(name);
            }
            else if (value.Length > 0)
            {
                _values.Add((name, value));
            }
        }

        ShownIds = [.. shown.Where(id => id.Length > 0).Take(PageSize)];
        List = Parse(parser.ReadList, _values.Append(("limit", $"{PageSize}")).Concat(DefaultSort));
        Counts = CountsOf(parser, per: null, Value(From), Value(To));
    }

    private BoardQuery() => ShownIds = [];

    /// <summary>The runs of the page; null with errors.</summary>
    public ListQuery? List { get; }

    /// <summary>The filter without the status, which the counts by status replace; null with errors.</summary>
    public SummaryQuery? Counts { get; }

    /// <summary>True for a refresh by the page's script, in which the rows that the page shows stay.</summary>
    public bool IsLive => ShownIds.Count > 0;

    /// <summary>The ids of the rows that a page shows already, in its order.</summary>
    public IReadOnlyList<string> ShownIds { get; }

    /// <summary>The names of the parameters with an error.</summary>
    public IReadOnlyCollection<string> Errors => [.. _errors.Distinct(StringComparer.Ordinal)];

    /// <summary>True if a filter is set.</summary>
    public bool IsFiltered => _values.Exists(value => value.Name is not (Sort or Cursor));

    /// <summary>The names and numbers of the parameters, for the audit: never a value.</summary>
    public string Audited => string.Join(", ", _values.CountBy(value => value.Name).Select(name => $"{name.Key} {name.Value}"));

    // The API takes a request without any of its query parameters for one of a page of NCLUE's own list.
    private IEnumerable<(string, string)> DefaultSort => Value(Sort) is null ? [(Sort, "-createdAt")] : [];

    /// <summary>Returns the values of a parameter.</summary>
    public IEnumerable<string> Values(string name) => _values.Where(value => value.Name == name).Select(value => value.Value);

    /// <summary>Returns the first value of a parameter; null without one.</summary>
    public string? Value(string name) => Values(name).FirstOrDefault();

    /// <summary>Returns the query for counts in a range of days; null with errors.</summary>
    public SummaryQuery? CountsOf(QueryParser parser, SummaryUnit? per, string? from, string? to)
    {
        IEnumerable<(string, string?)> range = [(From, from), (To, to), ("per", per is { } unit ? QueryParser.NameOf(unit) : null)];
        return Parse(
            parser.ReadSummary,
            _values.Where(value => value.Name is not (Status or Sort or Cursor or From or To))
                .Concat(range.Where(value => value.Item2 is not null)!));
    }

    /// <summary>Returns the query string of a link from the page: its filters and order with some parameters replaced.</summary>
    /// <param name="changes">The parameters, each with its value, or null to remove it. The position is always removed.</param>
    public string With(params (string Name, string? Value)[] changes)
    {
        var values = _values
            .Where(value => value.Name != Cursor && Array.TrueForAll(changes, change => change.Name != value.Name))
            .Concat(changes.Where(change => change.Value is not null).Select(change => (change.Name, change.Value!)))
            .Select(value => $"{value.Item1}={Uri.EscapeDataString(value.Item2)}");
        var query = string.Join('&', values);
        return query.Length > 0 ? "?" + query : "";
    }

    /// <summary>Returns the query string of another page of the same result.</summary>
    public string At(QueryCursor cursor) => With((Cursor, cursor.ToString()));

    private T? Parse<T>(Func<QueryParameters, T?> read, IEnumerable<(string Name, string Value)> values)
        where T : class
    {
        var text = string.Join('&', values.Select(Translate).Append("partial=true"));
        var parameters = new QueryParameters("?" + text);
        var query = read(parameters);
        _errors.AddRange(parameters.FindErrors().Keys.Select(name => name switch
        {
            "createdAfter" => From,
            "createdBefore" => To,
            _ => name,
        }));
        return _errors.Count > 0 ? null : query;
    }

    private string Translate((string Name, string Value) parameter)
    {
        var (name, value) = parameter;
        if (name is From or To)
        {
            // The API's range ends before a moment; the board's with a day.
            var isDay = DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
            isDay &= day.Year is >= FirstYear and < LastYear;
            value = isDay ? $"{day.AddDays(name == To ? 1 : 0):yyyy-MM-dd}" : "-"; // no time, so an error
            name = name == From ? "createdAfter" : "createdBefore";
        }

        return $"{name}={Uri.EscapeDataString(value)}";
    }
}
