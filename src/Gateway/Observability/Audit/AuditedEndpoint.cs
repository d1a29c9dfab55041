namespace NclueGateway.Observability.Audit;

/// <summary>Metadata of an endpoint whose requests are recorded in the audit.</summary>
/// <param name="parameters">Names of the properties that its events have for the parameters of a request, in this order.</param>
internal sealed class AuditedEndpoint(params string[] parameters)
{
    /// <summary>Names of the properties for the parameters, in the order of <see cref="AuditEvent.Parameters"/>.</summary>
    public IReadOnlyList<string> Parameters => parameters;

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
}
