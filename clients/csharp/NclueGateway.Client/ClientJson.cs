using System.Text.Json.Serialization;

namespace NclueGateway.Client;

/// <summary>Members that are not known are passed over; a null where none may be is a mistake.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TaskRunPage))]
[JsonSerializable(typeof(NclueGatewayProblem))]
internal sealed partial class ClientJson : JsonSerializerContext;
