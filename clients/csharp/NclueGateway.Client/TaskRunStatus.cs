using System.Text.Json;
using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>How far a run has come.</summary>
[JsonConverter(typeof(TaskRunStatusWords))]
public enum TaskRunStatus
{
    /// <summary>A state that the gateway, or this client, does not know.</summary>
    Unknown,

    /// <summary>Created.</summary>
    Registered,

    /// <summary>Waiting for its turn.</summary>
    Pending,

    /// <summary>Running.</summary>
    InProgress,

    /// <summary>Ended, with a result.</summary>
    Completed,

    /// <summary>Ended, without one.</summary>
    Failed,
}

/// <summary>Whether a model is still supported.</summary>
[JsonConverter(typeof(ModelStatusWords))]
public enum ModelStatus
{
    /// <summary>A state that the gateway, or this client, does not know.</summary>
    Unknown,

    /// <summary>Supported.</summary>
    Active,

    /// <summary>Will not be supported any more.</summary>
    Deprecated,
}

/// <summary>A word that is not known yet must not keep anybody from reading the rest.</summary>
internal abstract class Words<T>(Dictionary<string, T> values) : JsonConverter<T>
    where T : struct, Enum
{
    private readonly Dictionary<T, string> _words = values.ToDictionary(pair => pair.Value, pair => pair.Key);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        values.GetValueOrDefault(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(_words.GetValueOrDefault(value, "unknown"));
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
