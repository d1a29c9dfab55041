using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>A page of the list of task runs: the content of the body, and the values of the headers.</summary>
public sealed record TaskRunPage
{
    /// <summary>The requested first row, counted from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The requested number of rows. The page may have fewer before the end of the list.</summary>
    public required int Limit { get; init; }

    /// <summary>Total number of runs; null while the gateway does not know it.</summary>
    public long? Total { get; init; }

    /// <summary>The runs, in NCLUE's own order.</summary>
    public required IReadOnlyList<TaskRun> Runs { get; init; }

    /// <summary>
    /// Time at which NCLUE had this content, by the gateway's clock: <c>Date</c> − <c>Age</c>. During an outage of
    /// NCLUE it can be up to a day ago.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Age of the content at the time of the response, in whole seconds, rounded up.</summary>
    [JsonIgnore]
    public TimeSpan Age { get; init; }

    /// <summary>
    /// Entity tag of the content with its quotes; null if the response had none.
    /// <see cref="NclueGatewayClient.RefreshAsync"/> sends it.
    /// </summary>
    [JsonIgnore]
    public string? ETag { get; init; }

    /// <summary>Status of the caches on the way (RFC 9211); null if the response has none.</summary>
    [JsonIgnore]
    public string? CacheStatus { get; init; }

    /// <summary>True if the gateway served a stale copy that it is refreshing, or tried to refresh.</summary>
    [JsonIgnore]
    public bool IsStale => CacheStatus is not null && HeaderField.Ttl(CacheStatus, "nclue-gateway") < 0;

    /// <summary>
    /// True if there is a next page. A page with fewer runs than its limit is not necessarily the last.
    /// </summary>
    [JsonIgnore]
    public bool HasNext => Next is not null;

    /// <summary>Target of <c>rel="next"</c> as received.</summary>
    internal string? Next { get; init; }

    internal bool ShowsTheSameAs(TaskRunPage other) =>
        ReferenceEquals(Runs, other.Runs)
        || (Total == other.Total && HasNext == other.HasNext && Runs.SequenceEqual(other.Runs));
}
