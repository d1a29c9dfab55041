using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Access.Bearer;

/// <summary>
/// Without the identity provider's keys, which are asked for at start, no caller can be let in: not ready. Once they are there, a provider that is
/// away is no reason to turn callers away.
/// </summary>
internal sealed class ProviderHealth(OidcMetadataCache keys) : IHealthCheck, IHostedLifecycleService
{
    /// <summary>Once the server listens: an HTTP client for the first time is half of what a start computes.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _ = keys.AreKnown; // nobody waits for it
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
            : HealthCheckResult.Unhealthy("The identity provider has not given its keys yet: see Auth:Authority."));
}
