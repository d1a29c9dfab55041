namespace NclueGateway.Client;

/// <summary>Options of <see cref="NclueGatewayClient.WatchAsync(WatchOptions, CancellationToken)"/>.</summary>
public sealed record WatchOptions
{
    /// <summary>
    /// Version of the list that the caller has: the last <see cref="TaskRunUpdate.Version"/>, <see cref="TaskRunPage.Version"/>
    /// or <see cref="TaskRunDelta.Version"/>. The first update is then a bookmark and the changes since that version follow,
    /// or, if the gateway no longer has them, the whole list. Null, the default, begins with the whole list.
    /// </summary>
    public string? Since { get; init; }

    /// <summary>Called for each failure that does not end the sequence, before the wait for the next attempt.</summary>
    public Action<Exception>? OnFailure { get; init; }
}
