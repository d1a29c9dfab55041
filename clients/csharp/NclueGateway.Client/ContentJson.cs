using System.Text.Json;

namespace NclueGateway.Client;

/// <summary>Reads content from JSON.</summary>
/// <remarks>Each method throws a <see cref="JsonException"/> for JSON that is not this content.</remarks>
internal static class ContentJson
{
    private const string NullElement = "A list has a null that it must not have.";

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

    private static bool AreComplete<T>(IReadOnlyList<T> elements)
        where T : class => elements.All(element => element is not null);
}
