using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>
/// The framework's <see cref="RedisCache"/> for a Redis that other programs can write to. <see cref="RedisCache"/> throws
/// for an entry that it has not written, such as one with an expiry that is not a number. This cache returns an empty
/// value for it; the next write replaces it.
/// </summary>
internal sealed class UntrustedCache(RedisCache cache) : IDistributedCache
{
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        try
        {
            return await cache.GetAsync(key, token);
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return [];
        }
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        try
        {
            await cache.SetAsync(key, value, options, token);
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            await cache.RemoveAsync(key, token);
            await cache.SetAsync(key, value, options, token);
        }
    }

    public Task RemoveAsync(string key, CancellationToken token = default) => cache.RemoveAsync(key, token);

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    /// <summary>
    /// Returns true if the failure is due to a value of another type, or one that <see cref="RedisCache"/> cannot convert, and not to Redis
    /// itself.
    /// </summary>
    public static bool IsUnreadable(Exception failure) =>
        failure is InvalidCastException or FormatException or OverflowException or ArgumentOutOfRangeException
        || (failure is RedisServerException && failure.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal));
}
