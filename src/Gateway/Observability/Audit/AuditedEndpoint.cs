namespace NclueGateway.Observability.Audit;

/// <summary>Metadata of an endpoint whose requests are recorded in the audit.</summary>
/// <param name="parameters">Names of the properties that its events have for the parameters of a request, in this order.</param>
internal sealed class AuditedEndpoint(params string[] parameters)
{
    /// <summary>Names of the properties for the parameters, in the order of <see cref="AuditEvent.Parameters"/>.</summary>
    public IReadOnlyList<string> Parameters => parameters;

    /// <summary>True for an endpoint whose responses may be streams, with an event at the start and one at the end.</summary>
    public bool IsStream { get; init; }

    /// <summary>Message template of an event.</summary>
    public string Template { get; } = "{Kind}: {Outcome} for {Subject} of {Client} at {Route}"
        + string.Concat(parameters.Select(name => $", {char.ToLowerInvariant(name[0])}{name[1..]} {{{name}}}"));
}

internal static class AuditedEndpointExtensions
{
    /// <summary>Records requests to the endpoint in the audit. An endpoint's own call replaces that of its group.</summary>
    /// <param name="endpoint">The endpoint, or a group of endpoints.</param>
    /// <param name="parameters">Names of the properties that its events have for the parameters of a request.</param>
    public static TBuilder Audited<TBuilder>(this TBuilder endpoint, params string[] parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditedEndpoint(parameters));

    /// <summary>Records requests to the endpoint as <see cref="Audited"/> does, and also the starts of streams.</summary>
    public static TBuilder AuditedAsStream<TBuilder>(this TBuilder endpoint, params string[] parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditedEndpoint(parameters) { IsStream = true });
}

/// <summary>Feature of a request to an endpoint with streams.</summary>
/// <param name="recordStart">Writes the event of a stream's start.</param>
internal sealed class StreamAudit(Action recordStart)
{
    /// <summary>Records that the response is a stream, which begins now.</summary>
    public void RecordStart() => recordStart();
}
