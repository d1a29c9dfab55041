using NclueGateway.Nclue.Pacing;
using NclueGateway.Redis;

namespace NclueGateway.Nclue;

internal static class NclueExtensions
{
    /// <summary>Everything that calls the upstream.</summary>
    /// <param name="options">The settings of the upstream.</param>
    /// <param name="isShared">Whether replicas share the budget through Redis.</param>
    /// <param name="keepFor">How long a copy of a block may be kept.</param>
    public static IServiceCollection AddNclue(this IServiceCollection services, NclueOptions options, bool isShared, TimeSpan keepFor)
    {
        services.AddHttpForwarder();
        services.AddReverseProxy(); // for ITransformBuilder; no route is mapped
        services
            .AddSingleton(options)
            .AddSingleton<NclueCredentials>()
            .AddSingleton<UpstreamClock>()
            .AddSingleton<ChangeSignal>() // wakes the refresher
            .AddHostedService<NclueMetrics>()
            .AddKeyedSingleton(NclueConnections.Key, (provider, _) => NclueConnections.CreateHandler(provider.GetRequiredService<Wire>()))
            .AddSingleton<NclueForwarder>()
            .AddSingleton<IBlockSource>(provider => provider.GetRequiredService<NclueForwarder>());
        if (!isShared)
        {
            return services
                .AddSingleton(provider => ActivatorUtilities.CreateInstance<Wire>(provider, options.RequestInterval * options.ReplicaCount))
                .AddSingleton<IPacer, LocalPacer>();
        }

        return services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<Wire>(provider, options.RequestInterval))
            .AddSingleton<RedisClock>()
            .AddSingleton<BlockDirectory>()
            .AddSingleton<IPacerScript>(provider => new LuaPacerScript(
                provider.GetRequiredService<RedisConnection>(), options.AccountKey, provider.GetRequiredService<UnreadableValues>()))
            .AddSingleton<IPacer>(provider => ActivatorUtilities.CreateInstance<SharedPacer>(provider, keepFor));
    }
}
