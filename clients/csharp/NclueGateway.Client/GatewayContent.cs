using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Content from the gateway, with the values of the header fields that come with all of it.</summary>
public abstract record GatewayContent
{
    private protected GatewayContent()
    {
    }

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
    /// <see cref="NclueGatewayClient.RefreshAsync"/> sends that of a page.
    /// </summary>
    [JsonIgnore]
    public string? ETag { get; init; }

    /// <summary>Status of the caches on the way (RFC 9211); null if the response has none.</summary>
    [JsonIgnore]
    public string? CacheStatus { get; init; }

    /// <summary>True if the gateway served a stale copy that it is refreshing, or tried to refresh.</summary>
    [JsonIgnore]
    public bool IsStale => CacheStatus is not null && HeaderField.Ttl(CacheStatus, "nclue-gateway") < 0;

    /// <summary>Address of the request; null if the content is not from a response.</summary>
    internal Uri? Address { get; init; }

    /// <summary>Target of <c>rel="next"</c> as received.</summary>
    internal string? Next { get; init; }

    /// <summary>Target of <c>rel="prev"</c> as received.</summary>
    internal string? Previous { get; init; }

    /// <summary>Target of <c>rel="monitor"</c> as received.</summary>
    internal string? Monitor { get; init; }
}
