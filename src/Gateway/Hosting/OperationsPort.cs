using System.Globalization;
using System.Net;

namespace NclueGateway.Hosting;

/// <summary>Marks an endpoint for operators.</summary>
/// <param name="IsForEverybody">Whether it answers on the other ports as well, to anybody.</param>
internal sealed record OperationsEndpoint(bool IsForEverybody);

internal static class OperationsEndpointExtensions
{
    /// <summary>Hides the endpoint from all but operators. They need no token.</summary>
    public static void ForOperators(this IEndpointConventionBuilder endpoint) =>
        endpoint.AllowAnonymous().WithMetadata(new OperationsEndpoint(IsForEverybody: false));

    /// <summary>Lets machines ask the endpoint by any address of the process, on each port.</summary>
    public static void ForProbes(this IEndpointConventionBuilder endpoint) =>
        endpoint.AllowAnonymous().WithMetadata(new OperationsEndpoint(IsForEverybody: true));
}

/// <summary>
/// Lets only operators reach their endpoints. With <see cref="OperationsOptions.Port"/> these answer there and only there, and nothing else does.
/// Without, they answer only to programs on the same machine, and only where the gateway is not public. All other requests get 404.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="isPublic">Whether requests of others come through a program on this machine, or may one day.</param>
internal sealed class OperationsPort(OperationsOptions options, bool isPublic)
{
    // What proxies add to the requests that they pass on, by the beginning of the name. Of the framework, X-Original- is what a proxy's header
    // was when a middleware has taken it over.
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded", "X-Original-", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "Client-IP", "CF-", "CDN-Loop", "Via",
        "X-Envoy-", "X-ProxyUser-IP", "X-Amzn-", "X-Amz-Cf-", "X-Azure-", "X-ARR-", "X-Cloud-Trace-Context", "Fastly-", "X-Varnish", "X-Host", "X-Scheme",
    ];

    /// <summary>Has the server listen on the port, beside wherever else it was told to.</summary>
    public static void Listen(WebApplicationBuilder builder, OperationsOptions options)
    {
        if (options.Port == 0)
        {
            return;
        }

        var address = Address(options.Port.ToString(CultureInfo.InvariantCulture));
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            // Kestrel's own endpoints take the place of all other addresses.
            builder.Configuration.AddInMemoryCollection([new("Kestrel:Endpoints:Operations:Url", address)]);
            return;
        }

        builder.WebHost.UseUrls([.. ListenAddresses.Of(builder.Configuration), address]);
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, ""); // or the server warns that they have no effect
    }

    /// <summary>Whether the request came in by the port for operators.</summary>
    public bool IsOperationsRequest(HttpContext context) => options.Port > 0 && context.Connection.LocalPort == options.Port;

    /// <summary>Where the server listens on the port.</summary>
    public static string Address(string port) => $"http://*:{port}";

    /// <summary>
    /// Takes away an endpoint that this caller must not see here. On the port for operators nothing else follows either, such as the callback of
    /// the sign-in, which is no endpoint. Goes after forwarded headers.
    /// </summary>
    public Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>();
        if (IsOperationsRequest(context))
        {
            if (endpoint is null)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }
        }
        else if (endpoint is { IsForEverybody: false } && !(options.Port == 0 && !isPublic && IsOfThisMachine(context)))
        {
            context.SetEndpoint(null);
        }

        return next(context);
    }

    /// <summary>
    /// Whether a program on this machine asks for itself: not a page whose host name was pointed here (DNS rebinding), and not a proxy for one of its clients.
    /// A proxy that adds no header often speaks HTTP/1.0, nginx up to 1.29 among them. One that does not cannot be told from a local program.
    /// </summary>
    private static bool IsOfThisMachine(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && IsLoopback(request.Host.Host)
            && request.Protocol != "HTTP/1.0"
            && !request.Headers.Keys.Any(name => ProxyHeaders.Any(header => name.StartsWith(header, StringComparison.OrdinalIgnoreCase)));
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
