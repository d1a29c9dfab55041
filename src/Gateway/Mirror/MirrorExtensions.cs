using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.Upstream;

namespace NclueGateway.Mirror;

/// <summary>
/// Composition of the mirror: a paced, cached and shared copy of the upstream's list. It needs an
/// <see cref="IRowNormalizer"/> and an <see cref="IWholeListReader"/>.
/// </summary>
internal static class MirrorExtensions
{
    /// <summary>Adds the mirror.</summary>
    /// <param name="services">The services.</param>
    /// <param name="nclue">The settings of the upstream.</param>
    /// <param name="isShared">True if replicas share blocks through Redis.</param>
    public static IServiceCollection AddMirror(this IServiceCollection services, NclueOptions nclue, bool isShared)
    {
        services
            .AddSingleton<BlockCache>()
            .AddSingleton<RefreshDiagnostics>()
            .AddSingleton<RefreshMetrics>()
            .AddSingleton(Random.Shared)
            .AddSingleton<Refresher>()
            .AddSingleton(provider => provider.GetRequiredService<Refresher>().Waits)
            .AddHostedService(provider => provider.GetRequiredService<Refresher>());
        services.AddHealthChecks().AddCheck<UpstreamHealthCheck>("nclue");
        return isShared
            ? services
                .AddSingleton(provider => CreateStore(provider, nclue))
                .AddSingleton(BlockFormat.Known)
                .AddSingleton<ISharedBlocks, SharedBlocks>()
            : services.AddSingleton<ISharedBlocks, NoSharedBlocks>();
    }

    private static DistributedBlockStore CreateStore(IServiceProvider provider, NclueOptions nclue)
    {
        var cache = provider.GetRequiredService<CacheOptions>();
        var settings = SHA256.HashData(Encoding.UTF8.GetBytes($"{nclue.TimeZone}|{nclue.IndexUnit}|{nclue.HelpLanguage}"));
        return new(
            provider.GetRequiredService<IDistributedCache>(),
            provider.GetRequiredService<RedisCircuit>(),
            $"{cache.KeyPrefix}:{nclue.AccountKey}",
            Convert.ToHexStringLower(settings.AsSpan(0, 4)),
            cache.KeepFor);
    }
}
