using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Redis;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The copies of blocks in Redis. The key of a copy contains its fetch time, and a copy is never overwritten: a late
/// write cannot replace a newer copy. The <c>BlockDirectory</c> lists the newest copy of each block.
/// </summary>
/// <param name="cache">Redis.</param>
/// <param name="circuit">The circuit breaker of Redis.</param>
/// <param name="prefix">Prefix of the keys: <c>Cache:KeyPrefix</c> and the account's name for keys.</param>
/// <param name="settings">
/// Hash of the settings that the bytes depend on, as a part of the keys: replicas with different settings do not read
/// each other's copies.
/// </param>
/// <param name="keepFor">Time after which a copy expires.</param>
internal sealed class DistributedBlockStore(
    IDistributedCache cache, RedisCircuit circuit, string prefix, string settings, TimeSpan keepFor)
{
    private readonly DistributedCacheEntryOptions _expiry = new() { AbsoluteExpirationRelativeToNow = keepFor };

    /// <summary>Reads a copy; null when there is none.</summary>
    /// <param name="version">The version of the format.</param>
    /// <param name="block">The block.</param>
    /// <param name="fetchedAt">The fetch time of the copy (Redis' clock, ms).</param>
    /// <param name="patience">Maximum time to wait for Redis.</param>
    /// <exception cref="RedisAwayException">
    /// Redis does not reply, so it is not known whether there is a copy.
    /// </exception>
    public Task<byte[]?> GetAsync(int version, int block, long fetchedAt, TimeSpan patience) =>
        circuit.RunAsync(() => cache.GetAsync(Key(version, block, fetchedAt)), patience);

    /// <summary>
    /// Stores a copy. Returns false when Redis does not reply; the copy may have been stored all the same.
    /// </summary>
    public Task<bool> TrySetAsync(int version, int block, long fetchedAt, byte[] value) =>
        circuit.TryRunAsync(() => cache.SetAsync(Key(version, block, fetchedAt), value, _expiry));

    /// <summary>Removes a copy, if Redis replies; otherwise the copy expires.</summary>
    public Task TryRemoveAsync(int version, int block, long fetchedAt) =>
        circuit.TryRunAsync(() => cache.RemoveAsync(Key(version, block, fetchedAt)));

    private string Key(int version, int block, long fetchedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}:v{version}:{settings}:{block}:{fetchedAt}");
}
