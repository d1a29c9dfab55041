using NclueGateway.Nclue.Pacing;

namespace NclueGateway.Nclue;

internal static class NclueExtensions
{
    /// <summary>Everything that calls the upstream.</summary>
    public static IServiceCollection AddNclue(this IServiceCollection services, NclueOptions options)
    {
        services.AddHttpForwarder();
        services.AddReverseProxy(); // for ITransformBuilder; no route is mapped
        return services
            .AddSingleton(provider => new Wire(options.RequestInterval * options.ReplicaCount, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<IPacer, LocalPacer>()
            .AddKeyedSingleton(NclueConnections.Key, (provider, _) => NclueConnections.CreateHandler(provider.GetRequiredService<Wire>()))
            .AddSingleton<IBlockSource, NclueForwarder>();
    }
}
