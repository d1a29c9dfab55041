using NclueGateway.Hosting;

namespace NclueGateway.Http;

/// <summary>Adds the services for operators: health, a port of its own, and graceful shutdown.</summary>
internal static class OperationsExtensions
{
    /// <summary>Time for completing open requests at shutdown, after <see cref="OperationsOptions.DrainDelay"/>.</summary>
    internal static readonly TimeSpan RequestCompletionTimeout = TimeSpan.FromSeconds(25);

    /// <param name="services">The services.</param>
    /// <param name="options">The settings.</param>
    /// <param name="isPublic">True if the gateway has a public host or a proxy.</param>
    public static IServiceCollection AddOperations(this IServiceCollection services, OperationsOptions options, bool isPublic)
    {
        services
            .AddSingleton(options)
            .AddSingleton(new OperationsPort(options, isPublic))
            .AddSingleton<GracefulShutdown>()
            .AddHostedService(provider => provider.GetRequiredService<GracefulShutdown>())
            .Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainDelay + RequestCompletionTimeout)
            .AddHealthChecks()
            .AddCheck<GracefulShutdown>("gateway");
        return services;
    }

    /// <summary>Comes after forwarded headers and before everything else that may refuse a request.</summary>
    public static void UseOperations(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<GracefulShutdown>().InvokeAsync);
        if (app.Services.GetRequiredService<OperationsOptions>().Port > 0)
        {
            app.Use(app.Services.GetRequiredService<OperationsPort>().GuardAsync);
        }
    }
}
