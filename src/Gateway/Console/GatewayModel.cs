namespace NclueGateway.Console;

/// <summary>The content of the page of the gateway. Words of the API are the last parts of the names of their texts.</summary>
public sealed record GatewayModel
{
    /// <summary>The state of requests to NCLUE.</summary>
    public required string Upstream { get; init; }

    /// <summary>A sentence that explains it; null for none.</summary>
    public required string? Detail { get; init; }

    /// <summary>Seconds for which nothing is sent.</summary>
    public required int PausedForSeconds { get; init; }

    public required int? LastMinute { get; init; }

    public required int MostPerMinute { get; init; }

    /// <summary>Requests in each of the last 60 minutes, the oldest first; null where they are not known.</summary>
    public required IReadOnlyList<int?> PerMinute { get; init; }

    /// <summary>The state of the copy of the list.</summary>
    public required string Snapshot { get; init; }

    public required int Runs { get; init; }

    public required long? ExpectedTotal { get; init; }

    public required string Order { get; init; }

    public required DateTimeOffset? AsOf { get; init; }

    public required DateTimeOffset? SweptAt { get; init; }

    public required int Streams { get; init; }

    public required int Replicas { get; init; }

    public required string Redis { get; init; }
}
