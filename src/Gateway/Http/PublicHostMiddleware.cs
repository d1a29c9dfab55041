using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// Rejects requests for another host than that of <see cref="HttpOptions.PublicOrigin"/>. This prevents DNS rebinding,
/// in which the host name of a foreign site resolves to the gateway. It also rejects requests of misconfigured proxies.
/// </summary>
internal static class PublicHostMiddleware
{
    public static void UsePublicHost(this IApplicationBuilder app)
    {
        var origin = app.ApplicationServices.GetRequiredService<HttpOptions>().PublicOrigin;
        if (origin.Length == 0)
        {
            return;
        }

        var operations = app.ApplicationServices.GetRequiredService<OperationsPort>();
        var uri = new Uri(origin);
        string[] hosts = uri.IsDefaultPort ? [uri.Authority, $"{uri.Authority}:{uri.Port}"] : [uri.Authority];

        // Probes address the process directly: Kubernetes sends the pod's address as Host. So do operators, on their own port.
        app.Use((context, next) =>
            hosts.Contains(context.Request.Host.Value, StringComparer.OrdinalIgnoreCase)
            || context.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>() is { IsPublic: true }
            || operations.IsOperationsRequest(context)
                ? next(context)
                : new ProblemResult(HttpProblems.InvalidRequest) { Detail = "The request is for another host than this gateway's." }
                    .ExecuteAsync(context));
    }
}
