using NclueGateway.Upstream.Pacing;
using NclueGateway.Upstream.Signing;

namespace NclueGateway.Upstream;

internal static class NclueExtensions
{
    /// <summary>Adds the client of the upstream, its signatures and its pacing.</summary>
    /// <param name="options">The settings of the upstream.</param>
    /// <param name="isShared">True if replicas share the budget through Redis.</param>
    /// <param name="keepFor">Maximum age of a copy of a block.</param>
    /// <param name="logKey">Key of the snapshot's log in Redis; empty for none.</param>
    public static IServiceCollection AddNclue(
        this IServiceCollection services, NclueOptions options, bool isShared, TimeSpan keepFor, string logKey = "")
    {
        services.AddHttpForwarder();
        services.AddReverseProxy(); // for ITransformBuilder; no route is mapped
        services
            .AddSingleton(options)
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<NclueCredentials>(provider, options.Keys))
            .AddSingleton<ClockSkewEstimator>()
            .AddHostedService<NclueMetrics>()
            .AddKeyedSingleton(
                NclueHttpHandlerFactory.Key,
                (provider, _) => NclueHttpHandlerFactory.CreateHandler(provider.GetRequiredService<RequestGate>(), options.Egress))
            .AddSingleton<NclueClient>()
            .AddSingleton<IBlockFetcher>(provider => provider.GetRequiredService<NclueClient>());
        return services
            .AddSingleton(new PacingSettings(options.RequestInterval, options.ReplicaCount, keepFor) { LogKey = logKey })
            .AddPacing(isShared ? options.AccountKey : null);
    }
}
