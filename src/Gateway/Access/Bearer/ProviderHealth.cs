using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Health of the identity provider's keys. Without them no caller can be authenticated: not ready. Once they are cached,
/// the gateway stays ready even when the provider is unreachable.
/// </summary>
internal sealed class ProviderHealth(OidcMetadataCache keys) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(keys.AreKnown
            ? HealthCheckResult.Healthy("The identity provider's keys are known.")
            : HealthCheckResult.Unhealthy("The identity provider's keys have not been fetched yet: see Auth:Authority."));
}
