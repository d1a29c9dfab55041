using System.Globalization;
using System.Net;

namespace NclueGateway.Hosting;

/// <summary>Metadata of an endpoint for operators.</summary>
/// <param name="IsPublic">True if it is public on the other ports too.</param>
internal sealed record OperationsEndpoint(bool IsPublic);

internal static class OperationsEndpointExtensions
{
    /// <summary>Makes the endpoint accessible to operators only. They need no token. All other callers get 404.</summary>
    public static void ForOperators(this IEndpointConventionBuilder endpoint)
    {
        endpoint.AllowAnonymous().WithMetadata(new OperationsEndpoint(IsPublic: false));
        endpoint.Add(builder =>
        {
            var respond = builder.RequestDelegate!;
            builder.RequestDelegate = context =>
                context.RequestServices.GetRequiredService<OperationsPort>().IsOperator(context)
                    ? respond(context)
                    : OperationsPort.RejectAsync(context);
        });
    }

    /// <summary>Makes the endpoint accessible to probes at any address of the process, on each port.</summary>
    public static void ForProbes(this IEndpointConventionBuilder endpoint) =>
        endpoint.AllowAnonymous().WithMetadata(new OperationsEndpoint(IsPublic: true));
}

/// <summary>
/// Lets only operators reach their endpoints. With <see cref="OperationsOptions.Port"/> these are served on that port only,
/// and it serves nothing else. Without it they are served only to programs on the same machine, and only where the gateway
/// is not public. All other requests get 404.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="isPublic">True if a proxy on this machine may forward requests of remote clients.</param>
internal sealed class OperationsPort(OperationsOptions options, bool isPublic)
{
    // Headers that proxies add to forwarded requests, by the beginning of the name. The framework's middleware adds
    // X-Original-… when it has applied a header of a known proxy.
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded", "X-Original-", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "Client-IP",
        "CF-", "CDN-Loop", "Via", "X-Envoy-", "X-ProxyUser-IP", "X-Amzn-", "X-Amz-Cf-", "X-Azure-", "X-ARR-", "X-Cloud-Trace-Context",
        "Fastly-", "X-Varnish", "X-Host", "X-Scheme",
    ];

    /// <summary>Makes the server listen on the port too.</summary>
    public static void Listen(WebApplicationBuilder builder, OperationsOptions options)
    {
        if (options.Port == 0)
        {
            return;
        }

        var address = Address(options.Port.ToString(CultureInfo.InvariantCulture));
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            // Kestrel's own endpoints override all other addresses.
            builder.Configuration.AddInMemoryCollection([new("Kestrel:Endpoints:Operations:Url", address)]);
            return;
        }

        builder.WebHost.UseUrls([.. ListenAddresses.Of(builder.Configuration), address]);
        // Without this the server warns that they have no effect.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
    }

    /// <summary>Returns true if the request came in on the port for operators.</summary>
    public bool IsOperationsRequest(HttpContext context) => options.Port > 0 && context.Connection.LocalPort == options.Port;

    /// <summary>Returns the address that the server listens on for the port.</summary>
    public static string Address(string port) => $"http://*:{port}";

    /// <summary>
    /// On the port for operators, rejects every request that does not match an endpoint for operators. Not needed
    /// without that port.
    /// </summary>
    public Task GuardAsync(HttpContext context, RequestDelegate next) =>
        IsOperationsRequest(context) && context.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>() is null
            ? RejectAsync(context)
            : next(context);

    /// <summary>Returns true if the caller may use the endpoints for operators. Needs forwarded headers applied.</summary>
    public bool IsOperator(HttpContext context) =>
        options.Port > 0 ? IsOperationsRequest(context) : !isPublic && IsOfThisMachine(context);

    /// <summary>Responds as for a path without an endpoint, also in the log and in metrics.</summary>
    public static Task RejectAsync(HttpContext context)
    {
        context.SetEndpoint(null);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Returns true if a program on this machine sent the request for itself. This excludes requests of a web page
    /// whose host name resolves to this machine (DNS rebinding), and requests that a proxy forwards. A proxy that adds
    /// no header often uses HTTP/1.0, as nginx does up to 1.29. A proxy that adds no header and uses HTTP/1.1 cannot be
    /// distinguished from a local program.
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
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
