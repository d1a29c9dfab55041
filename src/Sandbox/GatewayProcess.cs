using System.Net;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace NclueGateway.Sandbox;

/// <summary>The gateway itself, composed as its own <c>Program</c> does it; nothing in it knows of the sandbox.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>
    /// What the sandbox brings of its own. With the Redis, the keys or the provider of the machine's environment it would let all who can
    /// reach it in to what belongs to another gateway.
    /// </summary>
    private static readonly string[] Own = ["ConnectionStrings", "Nclue", "Auth", "Http", "Kestrel"];

    /// <summary>
    /// Empty, to override other sources of settings, such as variables that begin with <c>ASPNETCORE_</c> or user secrets. The folder of secrets
    /// is that of another gateway too.
    /// </summary>
    private static readonly KeyValuePair<string, string?>[] None = [new("ConnectionStrings:Redis", ""), new("Operations:SecretsFolder", "")];

    private readonly WebApplication _app;

    private GatewayProcess(WebApplication app)
    {
        _app = app;
        Address = LoopbackHost.AddressOf(app);
    }

    /// <summary>Where it listens, without a path.</summary>
    public Uri Address { get; }

    /// <summary>
    /// Starts the gateway (port 0 for a free one) with settings that win over <c>appsettings.json</c> and over what the environment says of the rest.
    /// </summary>
    public static async Task<GatewayProcess> StartAsync(
        IPAddress listen, int port, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(GatewayBuilder).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Development, // log lines for a person
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

    /// <summary>Waits until the gateway has ended, of its own accord or because it was told to.</summary>
    public Task WaitForEndAsync(CancellationToken stop) => _app.WaitForShutdownAsync(stop);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
