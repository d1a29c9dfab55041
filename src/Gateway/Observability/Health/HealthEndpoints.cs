using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NclueGateway.Hosting;

namespace NclueGateway.Observability.Health;

/// <summary>
/// The health endpoints. <c>/health/live</c> shows that the process responds. <c>/health/ready</c> returns 200 with
/// <c>Healthy</c> or <c>Degraded</c> while the gateway serves requests, otherwise 503. <c>/health</c> shows operators the
/// reasons. None of them calls NCLUE or Redis.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).ForProbes();
        routes.MapHealthChecks("/health/ready").ForProbes();
        routes.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAsync }).ForOperators();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new
        {
            status = report.Status.ToString(),
            checks = report.Entries.ToDictionary(
                entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), entry.Value.Description }),
        },
        JsonSerializerOptions.Web,
        context.RequestAborted);
}
