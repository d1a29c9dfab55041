using Microsoft.Extensions.Diagnostics.HealthChecks;
using NclueGateway.Time;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>While NCLUE fails, the gateway answers from what it holds: degraded, as with a clock that will make it fail. Asks nobody: the refresher knows how its last call went.</summary>
internal sealed class UpstreamHealthCheck(Refresher refresher, ClockSkewEstimator clock) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            refresher.Status.Failure is { } failure ? HealthCheckResult.Degraded(failure.Detail)
            : clock is { IsOff: true, Skew: { } skew } ? HealthCheckResult.Degraded(ClockDifference.Describe(skew, "NCP's", "0"))
            : HealthCheckResult.Healthy("Nothing keeps the gateway from asking NCLUE."));
}
