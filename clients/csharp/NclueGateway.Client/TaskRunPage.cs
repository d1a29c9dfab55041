using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>
/// A page of the list of task runs, or of the result of a query: the content of the body, and the values of the
/// headers.
/// </summary>
public sealed record TaskRunPage : GatewayContent
{
    /// <summary>The first row, counted from 0: as requested, or of the page to which a link led.</summary>
    public required int Index { get; init; }

    /// <summary>The requested number of rows. The page may have fewer before the end of the list.</summary>
    public required int Limit { get; init; }

    /// <summary>
    /// Total number of runs; null while the gateway does not know it. Of a query, the exact number of runs that match.
    /// </summary>
    public long? Total { get; init; }

    /// <summary>
    /// Only of a query, null otherwise: true if all runs of the account were searched. False only with
    /// <see cref="TaskRunQuery.Partial"/>, while the gateway has not read the whole list yet.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Complete { get; init; }

    /// <summary>The runs, in NCLUE's own order; of a query, in the order of its <see cref="TaskRunQuery.Sort"/>.</summary>
    public required IReadOnlyList<TaskRun> Runs { get; init; }

    /// <summary>
    /// Version of the list that was searched, for <see cref="NclueGatewayClient.GetChangesAsync"/> and
    /// <see cref="WatchOptions.Since"/>; null of NCLUE's own rows.
    /// </summary>
    [JsonIgnore]
    public string? Version => QueryString.SinceIn(Monitor);

    /// <summary>
    /// True if there is a next page, for <see cref="NclueGatewayClient.NextAsync"/>. A page with fewer runs than its
    /// limit is not necessarily the last.
    /// </summary>
    [JsonIgnore]
    public bool HasNext => Next is not null;

    /// <summary>True if there is a previous page, for <see cref="NclueGatewayClient.PreviousAsync"/>.</summary>
    [JsonIgnore]
    public bool HasPrevious => Previous is not null;

    internal bool ShowsTheSameAs(TaskRunPage other) =>
        ReferenceEquals(Runs, other.Runs)
        || (Total == other.Total && HasNext == other.HasNext && Runs.SequenceEqual(other.Runs));
}
