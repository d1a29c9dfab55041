using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NclueGateway.Redis;

/// <summary>
/// The health check of Redis. Without Redis the gateway keeps serving requests, so it is degraded, not unhealthy. The
/// check makes no call: the coordinator calls Redis once a second.
/// </summary>
internal sealed class RedisHealth(RedisCircuit circuit) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(circuit.State.IsAvailable == true
            ? HealthCheckResult.Healthy("Redis replies.")
            : HealthCheckResult.Degraded("Redis does not reply: responses come from memory."));
}
