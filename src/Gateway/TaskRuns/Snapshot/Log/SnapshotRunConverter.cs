using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using NclueGateway.TaskRuns.Normalizing;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// Embeds the JSON of a run, byte for byte. Only JSON that <see cref="TaskRunWriter"/> gives is read, because callers receive it as it is.
/// </summary>
internal sealed class SnapshotRunConverter : JsonConverter<SnapshotRun>
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true };

    public override bool HandleNull => true;

    public override SnapshotRun Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = JsonMarshal.GetRawUtf8Value(document.RootElement);
        var run = JsonSerializer.Deserialize<TaskRun>(json, Strict);
        var written = new ArrayBufferWriter<byte>(json.Length);
        if (run is { Id.Length: > 0 })
        {
            TaskRunWriter.Write(written, run);
        }

        return json.SequenceEqual(written.WrittenSpan) ? new(json.ToArray(), RunColumns.Of(run!)) : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, SnapshotRun value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
}
