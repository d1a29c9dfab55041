namespace NclueGateway.Hosting;

/// <summary>Adds the services for operators: health, a port of its own, and graceful shutdown.</summary>
internal static class OperationsExtensions
{
    /// <summary>Time for completing open requests at shutdown, after <see cref="OperationsOptions.DrainDelay"/>.</summary>
    internal static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(25);

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
            .Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainDelay + AnswersWithin)
            .AddHealthChecks()
            .AddCheck<GracefulShutdown>("gateway");
        return services;
    }

    /// <summary>Comes after forwarded headers and before everything that may refuse a request.</summary>
    public static void UseOperationsPort(this IApplicationBuilder app) =>
        app.Use(app.ApplicationServices.GetRequiredService<OperationsPort>().GuardAsync);
}
