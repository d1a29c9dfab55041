using System.Net;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace NclueGateway.Sandbox;

/// <summary>
/// The gateway itself, composed as in its own <c>Program</c>. The gateway contains no code for the sandbox.
/// </summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>
    /// Sections of settings that come from the sandbox and never from the environment. The machine's environment may
    /// hold the Redis, the keys or the provider of another gateway. The sandbox would open that gateway's data to every
    /// client that can reach the sandbox.
    /// </summary>
    private static readonly string[] Own = ["ConnectionStrings", "Nclue", "Auth", "Http", "Kestrel"];

    /// <summary>
    /// Empty values that override other sources of settings, such as user secrets or variables that begin with
    /// <c>ASPNETCORE_</c>. The secrets folder is cleared because it also belongs to another gateway.
    /// </summary>
    private static readonly KeyValuePair<string, string?>[] None =
        [new("ConnectionStrings:Redis", ""), new("Operations:SecretsFolder", "")];

    private readonly WebApplication _app;

    private GatewayProcess(WebApplication app)
    {
        _app = app;
        Address = LoopbackHost.AddressOf(app);
    }

    /// <summary>Address that the gateway listens on, without a path.</summary>
    public Uri Address { get; }

    /// <summary>
    /// Starts the gateway with settings that override <c>appsettings.json</c> and the environment. Port 0 stands for a
    /// free port.
    /// </summary>
    public static async Task<GatewayProcess> StartAsync(
        IPAddress listen, int port, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(GatewayBuilder).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Development, // readable log lines
        });
        foreach (var environment in builder.Configuration.Sources.OfType<EnvironmentVariablesConfigurationSource>().ToList())
        {
            builder.Configuration.Sources.Remove(environment);
        }

        builder.Configuration.AddInMemoryCollection(new ConfigurationBuilder().AddEnvironmentVariables().Build().AsEnumerable()
            .Where(setting => setting.Value is not null && !Own.Contains(setting.Key.Split(':')[0], StringComparer.OrdinalIgnoreCase)));
        builder.Configuration.AddInMemoryCollection(None).AddInMemoryCollection(settings);
        builder.WebHost.UseUrls($"http://{listen}:{port}");
        builder.AddGateway();

        var app = builder.Build();
        try
        {
            app.UseGateway();
            await app.StartAsync(cancellationToken);
            return new GatewayProcess(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the gateway stops by itself or <paramref name="stop"/> is cancelled.</summary>
    public Task WaitForEndAsync(CancellationToken stop) => _app.WaitForShutdownAsync(stop);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
