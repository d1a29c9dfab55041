using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace NclueGateway.Operations;

/// <summary>Marks an endpoint for operators.</summary>
/// <param name="IsForEverybody">Whether it answers on the other ports as well, to anybody.</param>
internal sealed record OperationsEndpoint(bool IsForEverybody);

/// <summary>
/// Keeps what is for operators from everybody else: with <see cref="OperationsOptions.Port"/> it answers there and only there; without, only to
/// callers on the same machine. For others there is no such address.
/// </summary>
internal sealed class OperationsPort(OperationsOptions options)
{
    /// <summary>Has the server listen on the port, beside wherever else it was told to.</summary>
    public static void Listen(WebApplicationBuilder builder, OperationsOptions options)
    {
        if (options.Port == 0)
        {
            return;
        }

        var address = $"http://*:{options.Port}";
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
    public bool Took(HttpContext context) => options.Port > 0 && context.Connection.LocalPort == options.Port;

    /// <summary>Takes away an endpoint that this caller must not see here. Goes after forwarded headers.</summary>
    public Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint()?.Metadata.GetMetadata<OperationsEndpoint>();
        var isOpen = Took(context) ? endpoint is not null
            : endpoint is null or { IsForEverybody: true } || (options.Port == 0 && IsOfThisMachine(context));
        if (!isOpen)
        {
            context.SetEndpoint(null);
        }

        return next(context);
    }

    /// <summary>A proxy on this machine that the settings do not name speaks for somebody else.</summary>
    private static bool IsOfThisMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !context.Request.Headers.ContainsKey(ForwardedHeadersDefaults.XForwardedForHeaderName)
        && !context.Request.Headers.ContainsKey("Forwarded");
}
