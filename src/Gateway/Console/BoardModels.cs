namespace NclueGateway.Console;

/// <summary>The content of the board.</summary>
public sealed record BoardModel
{
    public required ListState State { get; init; }

    /// <summary>The names of parameters of the address with an error. With any, only the form is shown.</summary>
    public required IReadOnlyCollection<string> Errors { get; init; }

    /// <summary>True if the address was a position in a version that is no longer kept: this is the first page.</summary>
    public required bool IsPositionExpired { get; init; }

    public required FilterForm Form { get; init; }

    public IReadOnlyList<StatusFilter> Counts { get; init; } = [];

    /// <summary>The unfinished run that was created first; null if there is none.</summary>
    public OldestUnfinished? Oldest { get; init; }

    public RunTable Table { get; init; } = RunTable.Empty;

    public ActivityChart? Activity { get; init; }

    public IReadOnlyList<DurationRow> Durations { get; init; } = [];

    public IReadOnlyList<FailureRow> Failures { get; init; } = [];
}

/// <summary>The state of the list and its age.</summary>
/// <param name="Kind">One of <c>current</c>, <c>reading</c>, <c>stale</c> and <c>unreachable</c>: the last part of its text's name.</param>
/// <param name="AsOf">The time since which nothing is unnoticed; null before the first response.</param>
/// <param name="Runs">Number of known runs.</param>
/// <param name="Expected">Number of runs of the list as NCLUE counts them; null while it is not known.</param>
/// <param name="Monitor">The address of the changes after this state; null before the first response.</param>
/// <param name="Detail">The slug of the problem that keeps the list from being fresh; null for none.</param>
public sealed record ListState(string Kind, DateTimeOffset? AsOf, int Runs, long? Expected, string? Monitor, string? Detail);

/// <summary>A count of the board, which filters by a status.</summary>
/// <param name="Status">The status; null for all runs.</param>
/// <param name="Count">Number of runs.</param>
/// <param name="Href">The address with this filter, or without it if it is set.</param>
/// <param name="IsSet">True if the filter is set.</param>
public sealed record StatusFilter(string? Status, int Count, string Href, bool IsSet);

/// <summary>The unfinished run that was created first.</summary>
/// <param name="Href">The address of the run.</param>
/// <param name="CreatedAt">Its time of creation.</param>
public sealed record OldestUnfinished(string Href, DateTimeOffset CreatedAt);

/// <summary>The form with the filters.</summary>
/// <param name="Texts">The values of fields with text or a day, by parameter.</param>
/// <param name="Pickers">The fields with a choice.</param>
/// <param name="Kept">Parameters of the address that the form does not show, but keeps.</param>
/// <param name="Clear">The address without filters; null if none is set.</param>
public sealed record FilterForm(
    IReadOnlyDictionary<string, string?> Texts,
    IReadOnlyList<Picker> Pickers,
    IReadOnlyList<KeyValuePair<string, string>> Kept,
    string? Clear);

/// <summary>A field with a choice.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Options">The values with their texts.</param>
/// <param name="Selected">The chosen values.</param>
/// <param name="Omitted">Number of values that are not among the options, because the list has only the most frequent ones.</param>
public sealed record Picker(string Name, IReadOnlyList<PickerOption> Options, IReadOnlyList<string> Selected, int Omitted);

/// <summary>A value of a choice.</summary>
/// <param name="Value">The value.</param>
/// <param name="Text">Its text.</param>
/// <param name="Runs">Number of runs with it; null for a chosen value that no run has.</param>
public sealed record PickerOption(string Value, string Text, int? Runs);

/// <summary>A page of runs.</summary>
/// <param name="Rows">The runs.</param>
/// <param name="First">The place of the first row, counted from 1.</param>
/// <param name="Total">Number of runs that match.</param>
/// <param name="Sorts">The columns that sort, by the name of their value.</param>
public sealed record RunTable(IReadOnlyList<RunRow> Rows, int First, int Total, IReadOnlyDictionary<string, SortHead> Sorts)
{
    public static readonly RunTable Empty = new([], 1, 0, new Dictionary<string, SortHead>());

    /// <summary>The addresses of the pages before and after; null without one.</summary>
    public string? Previous { get; init; }

    public string? Next { get; init; }

    /// <summary>The address of the first page.</summary>
    public string Newest { get; init; } = "";

    /// <summary>Number of new runs that belong before the first row, for a page that is shown already. Up to a page of them.</summary>
    public int New { get; init; }
}

/// <summary>The head of a column that sorts.</summary>
/// <param name="Href">The address with the next order.</param>
/// <param name="Direction"><c>ascending</c> or <c>descending</c>; null if the page is sorted by another column.</param>
public sealed record SortHead(string Href, string? Direction);

/// <summary>A row of the table.</summary>
public sealed record RunRow
{
    public required string Id { get; init; }

    public required string? Name { get; init; }

    public required string Href { get; init; }

    public required string Status { get; init; }

    public required NameLink Task { get; init; }

    public required NameLink Feature { get; init; }

    public required string? Model { get; init; }

    public required DateTimeOffset? CreatedAt { get; init; }

    public required DateTimeOffset? CompletedAt { get; init; }

    public required long? Seconds { get; init; }

    public required string? FailureCode { get; init; }

    /// <summary>True for a row of a page that is shown already, if the run no longer matches the filters.</summary>
    public bool IsGone { get; init; }
}

/// <summary>A name that filters.</summary>
/// <param name="Name">The name; null for none.</param>
/// <param name="Href">The address with the filter; null without an id.</param>
public sealed record NameLink(string? Name, string? Href);

/// <summary>The numbers of runs by time of creation.</summary>
/// <param name="Unit"><c>hour</c> or <c>day</c>.</param>
/// <param name="Bars">The hours or days, without a break.</param>
public sealed record ActivityChart(string Unit, IReadOnlyList<ActivityBar> Bars);

/// <summary>The runs of one hour or day.</summary>
/// <param name="From">Its begin.</param>
/// <param name="Href">The address with this day as the filter.</param>
public sealed record ActivityBar(DateTimeOffset From, int Completed, int Failed, int Other, string Href)
{
    public int Total => Completed + Failed + Other;
}

/// <summary>The durations of one task, in seconds.</summary>
public sealed record DurationRow(NameLink Task, int Runs, long P50, long P95);

/// <summary>The runs that failed with one code.</summary>
public sealed record FailureRow(string Code, int Runs, string Href);
