using System.Globalization;
using System.Text;

namespace NclueGateway.Client;

/// <summary>Writes queries as query strings (RFC 3986 §3.4).</summary>
internal sealed class QueryString
{
    private const string Since = "since=";

    private static readonly TaskRunStatusWords StatusWords = new();
    private static readonly ModelStatusWords ModelStatusWords = new();

    private readonly StringBuilder _text = new();

    /// <summary>Returns the query string of the first page of a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="limit">Maximum number of runs per page, if the query does not specify it.</param>
    public static string OfList(TaskRunQuery query, int limit)
    {
        var text = new QueryString();
        text.AddConditions(query);
        text.Add("sort", NameOf(query.Sort)); // always: without any other parameter the request would be one for NCLUE's own rows
        text.Add("limit", (query.Limit ?? limit).ToString(CultureInfo.InvariantCulture));
        if (query.Index != 0)
        {
            text.Add("index", query.Index.ToString(CultureInfo.InvariantCulture));
        }

        return text._text.ToString();
    }

    /// <summary>Returns the query string of counts.</summary>
    public static string OfSummary(TaskRunQuery query, SummaryUnit? per)
    {
        var text = new QueryString();
        text.AddConditions(query);
        text.Add("per", per switch
        {
            null => null,
            SummaryUnit.Hour => "hour",
            SummaryUnit.Day => "day",
            _ => throw new ArgumentOutOfRangeException(nameof(per), per, "There is no such unit."),
        });
        return text._text.ToString();
    }

    /// <summary>Returns the query string of changes.</summary>
    public static string OfChanges(string? since, int? wait)
    {
        var text = new QueryString();
        text.Add("since", since);
        text.Add("wait", wait?.ToString(CultureInfo.InvariantCulture));
        return text._text.ToString();
    }

    /// <summary>Returns the version in a link to changes; null if there is none.</summary>
    public static string? SinceIn(string? link) => link?
        .Split('?', '&')
        .Where(parameter => parameter.StartsWith(Since, StringComparison.Ordinal))
        .Select(parameter => Uri.UnescapeDataString(parameter[Since.Length..]))
        .FirstOrDefault();

    private static string NameOf(TaskRunSort sort) => sort switch
    {
        TaskRunSort.CreatedAtDescending => "-createdAt",
        TaskRunSort.CreatedAt => "createdAt",
        TaskRunSort.CompletedAtDescending => "-completedAt",
        TaskRunSort.CompletedAt => "completedAt",
        TaskRunSort.DurationSecondsDescending => "-durationSeconds",
        TaskRunSort.DurationSeconds => "durationSeconds",
        TaskRunSort.NameDescending => "-name",
        TaskRunSort.Name => "name",
        _ => throw new ArgumentOutOfRangeException(nameof(sort), sort, "There is no such order."),
    };

    private void AddConditions(TaskRunQuery query)
    {
        Add("status", query.Statuses.Select(StatusWords.WordOf));
        Add("taskId", query.TaskIds);
        Add("featureId", query.FeatureIds);
        Add("model", query.Models);
        Add("modelStatus", query.ModelStatuses.Select(ModelStatusWords.WordOf));
        Add("failureCode", query.FailureCodes);
        Add("createdAfter", query.CreatedAfter);
        Add("createdBefore", query.CreatedBefore);
        Add("completedAfter", query.CompletedAfter);
        Add("completedBefore", query.CompletedBefore);
        Add("q", query.Search);
        Add("partial", query.Partial ? "true" : null);
    }

    private void Add(string name, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            Add(name, value);
        }
    }

    /// <summary>Adds a time with its offset (RFC 3339).</summary>
    private void Add(string name, DateTimeOffset? time) => Add(name, time?.ToString("O", CultureInfo.InvariantCulture));

    /// <summary>Adds a value. An empty one is sent too, so that the gateway refuses it: it is no condition that matches all runs.</summary>
    private void Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
