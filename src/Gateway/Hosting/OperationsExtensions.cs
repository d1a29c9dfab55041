namespace NclueGateway.Hosting;

/// <summary>What whoever runs the gateway needs of it: health, a port of its own, and a clean end.</summary>
internal static class OperationsExtensions
{
    /// <summary>What the server may take, after <see cref="OperationsOptions.DrainDelay"/>, to answer what it has.</summary>
    internal static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(25);

    /// <param name="services">Where it is added.</param>
    /// <param name="options">The settings.</param>
    /// <param name="isPublic">Whether a public host or a proxy leads to the gateway.</param>
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

    /// <summary>Goes after forwarded headers and before everything that may refuse a request.</summary>
    public static void UseOperationsPort(this IApplicationBuilder app) => app.Use(app.ApplicationServices.GetRequiredService<OperationsPort>().GuardAsync);
}
