using System.Text.Json.Nodes;

namespace NclueGateway.Http.OpenApi;

/// <summary>
/// What the feature tells the API's description about its answer. (The feature depends on this folder, not the other way round.)
/// </summary>
/// <param name="Type">The type whose schema is that of a page.</param>
/// <param name="Examples">Whole answers.</param>
internal sealed record PageDescription(Type Type, IReadOnlyList<PageExample> Examples);

/// <param name="Name">A key, unique among the examples.</param>
/// <param name="Summary">What the example shows.</param>
/// <param name="Value">The answer.</param>
internal sealed record PageExample(string Name, string Summary, JsonNode Value);
