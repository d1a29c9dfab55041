using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Fetches the identity provider's keys at startup. Without them no caller can be authenticated: not ready. Once they are
/// cached, the gateway stays ready even when the provider is unreachable.
/// </summary>
internal sealed class ProviderHealth(OidcMetadataCache keys) : IHealthCheck, IHostedLifecycleService
{
    /// <summary>Fetches the keys once the server listens: the first HTTP client is half of the work of a startup.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _ = keys.AreKnown; // starts the fetch and does not wait for it
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(keys.AreKnown
            ? HealthCheckResult.Healthy("The identity provider's keys are known.")
            : HealthCheckResult.Unhealthy("The identity provider's keys have not been fetched yet: see Auth:Authority."));
}
