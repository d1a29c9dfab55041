using System.Text.Json;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Reads queries on the whole list from query strings. It names every wrong parameter, with the values that are allowed.</summary>
internal sealed class QueryParser(NclueOptions nclue)
{
    /// <summary>Maximum number of ids of tasks, and of features.</summary>
    public const int MaxIds = 20;

    /// <summary>Maximum number of characters (Unicode code points, in NFC) of <c>q</c>.</summary>
    public const int MaxSearchLength = 100;

    /// <summary>
    /// Maximum length of the query without its position. A response repeats it in three links, and Node.js accepts 16 kB of headers.
    /// </summary>
    private const int MaxTextLength = 4_400;

    public static readonly IReadOnlyDictionary<string, TaskRunStatus> Statuses = Named<TaskRunStatus>();
    public static readonly IReadOnlyDictionary<string, ModelStatus> ModelStatuses = Named<ModelStatus>();
    public static readonly IReadOnlyDictionary<string, string> FailureCodes =
        FailureCatalog.Codes.ToDictionary(code => code, StringComparer.Ordinal);

    public static readonly IReadOnlyDictionary<string, SortValue> Sorts = Enum.GetValues<RunSortKey>()
        .SelectMany(key => new[] { false, true }.Select(isDescending => new SortValue(key, isDescending)))
        .ToDictionary(sort => sort.ToString());

    public static readonly IReadOnlyDictionary<string, bool> Flags = new Dictionary<string, bool> { ["true"] = true };
    public static readonly IReadOnlyDictionary<string, SummaryUnit> Units = Named<SummaryUnit>();

    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone);

    /// <summary>Reads a query on the list; null if <see cref="QueryParameters.FindErrors"/> has any.</summary>
    public ListQuery? ReadList(QueryParameters parameters)
    {
        var hasQuery = parameters.Counts.Any(parameter => parameter.Name is not ("index" or "limit" or "partial"));
        var index = parameters.Number("index", 0, PageRequest.MaxIndex);
        var limit = parameters.Number("limit", 1, PageRequest.MaxLimit) ?? PageRequest.DefaultLimit;
        var filter = ReadFilter(parameters);
        var sort = parameters.Choice("sort", Sorts) is { } chosen ? new RunSort(chosen.Key, chosen.IsDescending) : RunSort.Default;
        parameters.AddText("sort", new SortValue(sort.Key, sort.IsDescending).ToString()); // also the default: links must be queries
        var isPartial = ReadPartial(parameters);
        if (isPartial && !hasQuery)
        {
            parameters.AddError("partial", "It needs a filter, sort or cursor: without one the response is a page of NCLUE's own list.");
        }

        var cursor = ReadCursor(parameters, index);
        if (parameters.FindErrors().Count > 0)
        {
            return null;
        }

        if (parameters.Text.Length > MaxTextLength)
        {
            parameters.AddError(parameters.Longest, "The query is too long: its links would not fit into a header.");
            return null;
        }

        var query = new ListQuery(filter, sort, limit, index ?? 0, cursor, isPartial, parameters.Text);
        if (cursor is { } position && position.Query != query.Hash)
        {
            parameters.AddError("cursor", "It is the cursor of another query: all parameters but limit must be those of its first page.");
            return null;
        }

        return query;
    }

    /// <summary>Reads a query on the counts of runs; null if <see cref="QueryParameters.FindErrors"/> has any.</summary>
    public SummaryQuery? ReadSummary(QueryParameters parameters)
    {
        var filter = ReadFilter(parameters);
        var isPartial = ReadPartial(parameters);
        var unit = parameters.Choice("per", Units);
        if (unit is { } per)
        {
            parameters.AddText("per", NameOf(per));
        }

        return parameters.FindErrors().Count > 0 ? null : new(filter, unit, isPartial, parameters.Text);
    }

    /// <summary>Returns the name of a value in parameters and responses.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static Dictionary<string, T> Named<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(NameOf);

    private static bool ReadPartial(QueryParameters parameters)
    {
        var isPartial = parameters.Choice("partial", Flags) == true;
        if (isPartial)
        {
            parameters.AddText("partial", "true");
        }

        return isPartial;
    }

    private static QueryCursor? ReadCursor(QueryParameters parameters, int? index)
    {
        if (parameters.Single("cursor") is not { } text)
        {
            return null;
        }

        if (!QueryCursor.TryParse(text, out var cursor))
        {
            parameters.AddError("cursor", "It is damaged: use the links next and prev as they are.");
            return null;
        }

        if (index > 0)
        {
            parameters.AddError("index", "It must be 0 or absent beside a cursor, which is a position itself.");
        }

        return cursor;
    }

    private RunFilter ReadFilter(QueryParameters parameters) => new()
    {
        Statuses = parameters.Choices("status", Statuses),
        TaskIds = parameters.Texts("taskId", MaxIds),
        FeatureIds = parameters.Texts("featureId", MaxIds),
        Models = parameters.Texts("model", int.MaxValue, ModelNameComparer.Instance, ModelNameComparer.Normalize),
        ModelStatuses = parameters.Choices("modelStatus", ModelStatuses),
        FailureCodes = parameters.Choices("failureCode", FailureCodes),
        Created = new(ReadTime(parameters, "createdAfter"), ReadTime(parameters, "createdBefore")),
        Completed = new(ReadTime(parameters, "completedAfter"), ReadTime(parameters, "completedBefore")),
        Words = ReadWords(parameters),
    };

    private DateTimeOffset? ReadTime(QueryParameters parameters, string name)
    {
        if (parameters.Single(name) is not { } text)
        {
            return null;
        }

        if (QueryTime.Parse(text, _zone) is not { } time)
        {
            parameters.AddError(name, "It must be a time with its offset (2026-11-28T09:00:00+09:00) or a date (2026-11-28).");
            return null;
        }

        parameters.AddText(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", null));
        return time;
    }

    private static string[] ReadWords(QueryParameters parameters)
    {
        if (parameters.Single("q") is not { } text)
        {
            return [];
        }

        var folded = RunColumns.Fold(text);
        string[] words = [.. folded.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        if (words.Length == 0 || folded.EnumerateRunes().Count() > MaxSearchLength)
        {
            parameters.AddError("q", $"It must have 1 to {MaxSearchLength} characters, and a word.");
            return [];
        }

        parameters.AddText("q", string.Join(' ', words.Order(StringComparer.Ordinal)));
        return words;
    }
}

/// <summary>A value of the parameter <c>sort</c>: the name of a property, after a hyphen for descending order.</summary>
internal readonly record struct SortValue(RunSortKey Key, bool IsDescending)
{
    public override string ToString() => $"{(IsDescending ? "-" : "")}{JsonNamingPolicy.CamelCase.ConvertName(Key.ToString())}";
}
