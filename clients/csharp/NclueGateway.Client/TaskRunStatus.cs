using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>State of a run.</summary>
[JsonConverter(typeof(TaskRunStatusWords))]
public enum TaskRunStatus
{
    /// <summary>A state that is not known to the gateway or to this client.</summary>
    Unknown,

    /// <summary>Created.</summary>
    Registered,

    /// <summary>Waiting to be started.</summary>
    Pending,

    /// <summary>Running.</summary>
    InProgress,

    /// <summary>Ended with a result.</summary>
    Completed,

    /// <summary>Ended without a result.</summary>
    Failed,
}

/// <summary>Support state of a model.</summary>
[JsonConverter(typeof(ModelStatusWords))]
public enum ModelStatus
{
    /// <summary>A state that is not known to the gateway or to this client.</summary>
    Unknown,

    /// <summary>Supported.</summary>
    Active,

    /// <summary>Support will end.</summary>
    Deprecated,
}

/// <summary>
/// Converts the words of an enumeration. An unknown word becomes the default value, so that the rest stays readable.
/// </summary>
internal abstract class Words<T>(Dictionary<string, T> values) : JsonConverter<T>
    where T : struct, Enum
{
    private readonly Dictionary<T, string> _words = values.ToDictionary(pair => pair.Value, pair => pair.Key);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        values.GetValueOrDefault(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(WordOf(value));

    /// <summary>Returns the word of a value.</summary>
    public string WordOf(T value) => _words.GetValueOrDefault(value, "unknown");
}

internal sealed class TaskRunStatusWords() : Words<TaskRunStatus>(new()
{
    ["registered"] = TaskRunStatus.Registered,
    ["pending"] = TaskRunStatus.Pending,
    ["in_progress"] = TaskRunStatus.InProgress,
    ["completed"] = TaskRunStatus.Completed,
    ["failed"] = TaskRunStatus.Failed,
});

internal sealed class ModelStatusWords() : Words<ModelStatus>(new()
{
    ["active"] = ModelStatus.Active,
    ["deprecated"] = ModelStatus.Deprecated,
});
