using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Redis;

/// <summary>Without Redis the gateway goes on answering: it is degraded, and not down. Asks nobody: the pacer does so once a second.</summary>
internal sealed class RedisHealth(RedisCircuit circuit) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(circuit.State.IsAnswering == true
            ? HealthCheckResult.Healthy("Redis answers.")
            : HealthCheckResult.Degraded("Redis does not answer: answers come from memory."));
}
