using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// A website with one empty page, for scripts of another origin. It has the gateway's host, and thereby its site: browsers send the
/// session cookie from it.
/// </summary>
internal sealed class EmptySite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EmptySite(WebApplication app) => _app = app;

    public string Origin => _app.Urls.Single();

    public static async Task<EmptySite> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<!DOCTYPE html><title>Frontend</title>");
        });
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
