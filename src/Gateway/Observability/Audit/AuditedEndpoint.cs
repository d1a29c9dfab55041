namespace NclueGateway.Observability.Audit;

/// <summary>Metadata of an endpoint whose requests are recorded in the audit.</summary>
internal sealed record AuditedEndpoint;

internal static class AuditedEndpointExtensions
{
    /// <summary>Records requests to the endpoint in the audit.</summary>
    public static TBuilder Audited<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditedEndpoint());
}
