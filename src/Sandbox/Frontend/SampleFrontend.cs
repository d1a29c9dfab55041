using System.Net;
using System.Reflection;

namespace NclueGateway.Sandbox.Frontend;

/// <summary>
/// A web frontend of another origin that lists task runs: one page and one script without dependencies. It is an
/// example of how a browser uses the gateway.
/// </summary>
internal sealed class SampleFrontend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SampleFrontend(WebApplication app)
    {
        _app = app;
        Address = LoopbackHost.AddressOf(app);
    }

    /// <summary>Address of the frontend.</summary>
    public Uri Address { get; }

    /// <summary>Address of the gateway that the frontend uses.</summary>
    public Uri? Gateway { get; set; }

    public static async Task<SampleFrontend> StartAsync(int port, CancellationToken cancellationToken, IPAddress? listen = null)
    {
        var builder = LoopbackHost.CreateBuilder(port, address: listen);
        builder.Services.AddRouting();
        var app = builder.Build();
        try
        {
            SampleFrontend? frontend = null;
            app.MapGet("/", () => Results.Content(Read("index.html"), "text/html;charset=utf-8"));
            app.MapGet("/frontend.js", () => Results.Content(Read("frontend.js"), "text/javascript;charset=utf-8"));
            app.MapGet("/page.css", () => Results.Stream(
                typeof(GatewayBuilder).Assembly.GetManifestResourceStream("page.css")!, "text/css;charset=utf-8"));
            app.MapGet("/settings.js", () => Results.Content(
                $"export const gateway = \"{frontend!.Gateway!.GetLeftPart(UriPartial.Authority)}\";\n",
                "text/javascript;charset=utf-8"));
            await app.StartAsync(cancellationToken);
            return frontend = new SampleFrontend(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("frontend/" + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
