using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Serializer metadata. Unknown members are ignored; a null where none is allowed is an error.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TaskRunPage))]
[JsonSerializable(typeof(TaskRun))]
[JsonSerializable(typeof(TaskRunSummary))]
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(TaskRunDelta))]
[JsonSerializable(typeof(TaskRunChanges))]
[JsonSerializable(typeof(TaskRunBookmark))]
[JsonSerializable(typeof(TaskRunProgress))]
[JsonSerializable(typeof(StreamEnd))]
[JsonSerializable(typeof(NclueGatewayProblem))]
internal sealed partial class ClientJson : JsonSerializerContext;
