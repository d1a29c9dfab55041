using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NclueGateway.Sandbox;

/// <summary>
/// Builds the sandbox's own web hosts: known as 127.0.0.1 and, unless told otherwise, listening there only; deaf to settings files and environment variables (those belong to the gateway),
/// silent below a warning, and without a signal handler, so that several of them can live in one process or in one test.
/// </summary>
internal static class LoopbackHost
{
    /// <param name="port">0 for a free one.</param>
    /// <param name="listen">What the one end point does besides HTTP over plain TCP.</param>
    /// <param name="address">Where it listens; null for 127.0.0.1.</param>
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
    /// Where a started host is found, without a path. One that listens everywhere goes by 127.0.0.1 as well: it runs in a container whose ports
    /// are published there, so that addresses (an issuer's above all) are the same inside and out.
    /// </summary>
    public static Uri AddressOf(WebApplication app)
    {
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        return address.Host == $"{IPAddress.Any}" ? new UriBuilder(address) { Host = $"{IPAddress.Loopback}" }.Uri : address;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
