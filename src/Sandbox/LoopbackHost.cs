using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NclueGateway.Sandbox;

/// <summary>
/// Builds the sandbox's own web hosts. A host is addressed as 127.0.0.1 and by default listens there only. It ignores
/// settings files and environment variables, which belong to the gateway, and logs warnings and errors only. It has no
/// signal handler, so that several hosts can run in one process or in one test.
/// </summary>
internal static class LoopbackHost
{
    /// <param name="port">Port to listen on; 0 for a free port.</param>
    /// <param name="listen">Configuration of the endpoint; null for HTTP over plain TCP.</param>
    /// <param name="address">Address to listen on; null for 127.0.0.1.</param>
    public static WebApplicationBuilder CreateBuilder(int port, Action<ListenOptions>? listen = null, IPAddress? address = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a failure to start is thrown as well
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address ?? IPAddress.Loopback, port, listen ?? (_ => { }));
        });
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        return builder;
    }

    /// <summary>
    /// Returns the address of a started host, without a path. A host that listens on all interfaces is also addressed
    /// as 127.0.0.1. It runs in a container whose ports are published there, so addresses are the same inside and
    /// outside. The issuer's address must be.
    /// </summary>
    public static Uri AddressOf(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        var address = new Uri(addresses.Single());
        return address.Host == $"{IPAddress.Any}" ? new UriBuilder(address) { Host = $"{IPAddress.Loopback}" }.Uri : address;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
