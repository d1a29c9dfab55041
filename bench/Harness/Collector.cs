using Microsoft.AspNetCore.Builder;
using NclueGateway.Sandbox;

namespace NclueGateway.Harness;

/// <summary>Receives the OTLP exports of the gateways and discards them.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => (_app, Address) = (app, LoopbackHost.AddressOf(app));

    public Uri Address { get; }

    public static async Task<Collector> StartAsync()
    {
        var app = LoopbackHost.CreateBuilder(0).Build();
        app.Run(async context => await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
