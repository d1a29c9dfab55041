using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;

namespace NclueGateway.Redis;

internal static class RedisExtensions
{
    /// <summary>
    /// Adds the connection to Redis and, on top of it, an <c>IDistributedCache</c>. Does nothing without a connection
    /// string.
    /// </summary>
    public static IServiceCollection AddRedis(this IServiceCollection services, ConnectionStringOptions options)
    {
        services.AddSingleton(options);
        if (options.Redis.Length == 0)
        {
            return services;
        }

        services
            .AddSingleton<RedisConnection>()
            .AddSingleton<RedisCircuit>()
            .AddSingleton<UnreadableValues>()
            .AddHostedService<RedisMetrics>()
            .AddSingleton<RedisCache>()
            .AddSingleton<IDistributedCache, UntrustedCache>()
            .AddOptions<RedisCacheOptions>()
            .Configure<RedisConnection>((cache, connection) => cache.ConnectionMultiplexerFactory = connection.GetAsync);
        services.AddHealthChecks().AddCheck<RedisHealth>("redis");
        return services;
    }
}
