using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>A page of the list of task runs: what the body holds, and what the headers tell about it.</summary>
public sealed record TaskRunPage
{
    /// <summary>The row the page starts at, counted from 0, as asked for.</summary>
    public required int Index { get; init; }

    /// <summary>How many rows were asked for. The page may hold fewer before the end of the list.</summary>
    public required int Limit { get; init; }

    /// <summary>How many runs there are; null while the gateway does not know.</summary>
    public long? Total { get; init; }

    /// <summary>The runs, in NCLUE's own order.</summary>
    public required IReadOnlyList<TaskRun> Runs { get; init; }

    /// <summary>
    /// When NCLUE had this content, by the gateway's clock: <c>Date</c> − <c>Age</c>. While NCLUE is away it can be up to a day ago.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset AsOf { get; init; }

    /// <summary>How old the content was when the gateway answered, in whole seconds, rounded up.</summary>
    [JsonIgnore]
    public TimeSpan Age { get; init; }

    /// <summary>The tag of the content, in its quotes; null when none came. <see cref="NclueGatewayClient.RefreshAsync"/> sends it.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }

    /// <summary>What the caches on the way did, as they say it (RFC 9211); null when they do not.</summary>
    [JsonIgnore]
    public string? CacheStatus { get; init; }

    /// <summary>Whether the gateway answered from a copy that it has begun, or tried, to renew.</summary>
    [JsonIgnore]
    public bool IsStale => CacheStatus is not null && HeaderField.Ttl(CacheStatus, "nclue-gateway") < 0;

    /// <summary>Whether the list goes on after this page; it does not say so by the number of its runs.</summary>
    [JsonIgnore]
    public bool HasNext => Next is not null;

    /// <summary>The target of <c>rel="next"</c> as it came.</summary>
    internal string? Next { get; init; }

    internal bool ShowsTheSameAs(TaskRunPage other) =>
        ReferenceEquals(Runs, other.Runs) || (Total == other.Total && HasNext == other.HasNext && Runs.SequenceEqual(other.Runs));
}
