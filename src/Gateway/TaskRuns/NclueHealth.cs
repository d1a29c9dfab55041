using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.TaskRuns;

/// <summary>While NCLUE fails, the gateway answers from what it holds: degraded. Asks nobody: the refresher knows how its last call went.</summary>
internal sealed class NclueHealth(BlockRefresher refresher) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(refresher.Failure is { } failure
            ? HealthCheckResult.Degraded(failure.Detail)
            : HealthCheckResult.Healthy("Nothing keeps the gateway from asking NCLUE."));
}
