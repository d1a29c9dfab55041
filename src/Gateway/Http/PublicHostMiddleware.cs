using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>
/// Refuses requests for another host than that of <see cref="HttpOptions.PublicOrigin"/>, so that no page of somebody else's that points
/// its name at the gateway (DNS rebinding) and no confused proxy gets an answer.
/// </summary>
internal static class PublicHostMiddleware
{
    public static IApplicationBuilder UseHostCheck(this IApplicationBuilder app)
    {
        var origin = app.ApplicationServices.GetRequiredService<HttpOptions>().PublicOrigin;
        if (origin.Length == 0)
        {
            return app;
        }

        var operations = app.ApplicationServices.GetRequiredService<OperationsPort>();
        var uri = new Uri(origin);
        string[] hosts = uri.IsDefaultPort ? [uri.Authority, $"{uri.Authority}:{uri.Port}"] : [uri.Authority];

        // Probes come from machines that know the process by its address: Kubernetes sends the pod's. So do operators, on their port.
        return app.Use((context, next) =>
            hosts.Contains(context.Request.Host.Value, StringComparer.OrdinalIgnoreCase)
            || context.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>() is { IsForEverybody: true }
            || operations.IsOperationsRequest(context)
                ? next(context)
                : new ProblemResult(HttpProblems.InvalidRequest) { Detail = "The request is for another host than this gateway's." }
                    .ExecuteAsync(context));
    }
}
