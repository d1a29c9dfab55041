using Microsoft.Extensions.Diagnostics.HealthChecks;
using NclueGateway.Time;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Reports <c>Degraded</c> while requests to NCLUE fail, and while the clock is so wrong that they will fail; cached
/// pages are still served. It sends no request itself, because the refresher knows the outcome of its last request.
/// </summary>
internal sealed class UpstreamHealthCheck(Refresher refresher, ClockSkewEstimator clock) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            refresher.Status.Failure is { } failure ? HealthCheckResult.Degraded(failure.Detail)
            : clock is { IsOff: true, Skew: { } skew } ? HealthCheckResult.Degraded(ClockDifference.Describe(skew, "NCP's", "0"))
            : HealthCheckResult.Healthy("Nothing keeps the gateway from sending requests to NCLUE."));
}
