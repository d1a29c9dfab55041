using System.Text.Json;

namespace NclueGateway.Client;

/// <summary>Reads content from JSON.</summary>
/// <remarks>Each method throws a <see cref="JsonException"/> for JSON that is not this content.</remarks>
internal static class ContentJson
{
    private const string NullElement = "A list has a null that it must not have.";
    private const string NullMessage = "The message is empty.";

    /// <summary>Reads a page of NCLUE's own rows.</summary>
    public static TaskRunPage ReadPage(byte[] json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunPage) is { } page && AreComplete(page.Runs)
            ? page
            : throw new JsonException(NullElement);

    /// <summary>
    /// Reads a page of a query's result. A gateway that is older than queries ignores their parameters: its rows must
    /// not pass for the result.
    /// </summary>
    public static TaskRunPage ReadResult(byte[] json) => ReadPage(json) is { Complete: not null } page
        ? page
        : throw new JsonException("It is a page of NCLUE's own list, not the result of a query: the gateway is too old for queries.");

    /// <summary>Reads a run.</summary>
    public static FoundTaskRun ReadRun(byte[] json) => new()
    {
        Run = JsonSerializer.Deserialize(json, ClientJson.Default.TaskRun) ?? throw new JsonException("There is no run."),
    };

    /// <summary>Reads counts.</summary>
    public static TaskRunSummary ReadSummary(byte[] json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunSummary) is { } summary
        && AreComplete(summary.ByTask) && AreComplete(summary.ByFeature) && AreComplete(summary.ByModel)
        && AreComplete(summary.ByFailureCode) && AreComplete(summary.Created ?? [])
            ? summary
            : throw new JsonException(NullElement);

    /// <summary>Reads a status.</summary>
    public static GatewayStatus ReadStatus(byte[] json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.GatewayStatus) ?? throw new JsonException("There is no status.");

    /// <summary>Reads changes since a version.</summary>
    public static TaskRunDelta ReadDelta(byte[] json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunDelta) is { } delta && AreComplete(delta.Changes)
            ? delta
            : throw new JsonException(NullElement);

    /// <summary>Reads the changes of one version from a message.</summary>
    public static TaskRunChanges ReadChanges(string json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunChanges) is { } changes && AreComplete(changes.Changes)
            ? changes
            : throw new JsonException(NullElement);

    /// <summary>Reads a bookmark from a message.</summary>
    public static TaskRunBookmark ReadBookmark(string json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunBookmark) ?? throw new JsonException(NullMessage);

    /// <summary>Reads the progress of the list from a message.</summary>
    public static TaskRunProgress ReadProgress(string json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.TaskRunProgress) ?? throw new JsonException(NullMessage);

    /// <summary>Reads the announcement of an end from a message.</summary>
    public static StreamEnd ReadEnd(string json) =>
        JsonSerializer.Deserialize(json, ClientJson.Default.StreamEnd) ?? throw new JsonException(NullMessage);

    private static bool AreComplete<T>(IReadOnlyList<T> elements)
        where T : class => elements.All(element => element is not null);
}

/// <summary>The message before the gateway ends a stream.</summary>
internal sealed record StreamEnd
{
    /// <summary>Reason: <c>time</c>, <c>drain</c>, <c>token</c>, <c>session</c> or <c>permission</c>.</summary>
    public string? Reason { get; init; }
}
