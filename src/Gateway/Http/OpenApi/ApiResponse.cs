using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;

namespace NclueGateway.Http.OpenApi;

/// <summary>A response of an endpoint, as the API's description shows it.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="Description">The condition under which the status is sent.</param>
/// <param name="Type">The type of the body; null if there is none.</param>
internal sealed record ApiResponse(int StatusCode, string Description, Type? Type = null) : IProducesResponseTypeMetadata
{
    /// <summary>Media type of a stream of events.</summary>
    public const string EventStream = "text/event-stream";

    public IEnumerable<string> ContentTypes { get; init; } = Type is null ? [] : ["application/json"];

    Type IProducesResponseTypeMetadata.Type => Type ?? typeof(void);

    public IReadOnlyList<ApiHeader> Headers { get; init; } = [];

    public IReadOnlyList<ApiExample> Examples { get; init; } = [];

    /// <summary>The events of a stream.</summary>
    public IReadOnlyList<ApiEvent> Events { get; init; } = [];
}

/// <summary>A header of a response.</summary>
/// <param name="Name">The name of the field.</param>
/// <param name="Description">The meaning of the value.</param>
/// <param name="Example">An example value. A number means that the header is a whole number of at least 0.</param>
/// <param name="IsRequired">True if each response with the status has the header.</param>
internal sealed record ApiHeader(string Name, string Description, JsonNode Example, bool IsRequired = true);

/// <summary>An example of a response body.</summary>
/// <param name="Name">The name of the example.</param>
/// <param name="Summary">What it shows.</param>
/// <param name="Value">The body. It becomes JSON with the document, because that is slow the first time and would delay the start.</param>
internal sealed record ApiExample(string Name, string Summary, object Value);

/// <summary>An event of a stream.</summary>
/// <param name="Name">The name of the event.</param>
/// <param name="Data">The type of its data, as JSON.</param>
/// <param name="Example">Example data. It becomes JSON with the document.</param>
internal sealed record ApiEvent(string Name, Type Data, object Example);

/// <summary>The tag of an operation, with its description.</summary>
internal sealed record ApiTag(string Name, string Description) : ITagsMetadata
{
    public IReadOnlyList<string> Tags => [Name];
}

/// <summary>The security schemes of an operation: any one of them is enough.</summary>
internal sealed record ApiSecurity(params string[] Schemes);
