using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace NclueGateway.Operations;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it serves requests, 200 with <c>Healthy</c> or <c>Degraded</c>. Neither asks
/// anybody else, and neither says why.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        routes.MapHealthChecks("/health/ready");
    }
}
