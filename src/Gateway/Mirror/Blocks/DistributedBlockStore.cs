using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Redis;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The copies of blocks in Redis. Each copy has a key of its own, with its fetch time in it, and is never written again: so a late copy cannot
/// take the place of a newer one. Which copy is the newest, the pacer knows.
/// </summary>
/// <param name="cache">Redis.</param>
/// <param name="circuit">Whether it answers.</param>
/// <param name="prefix">What the keys begin with: <c>Cache:KeyPrefix</c> and what names the account.</param>
/// <param name="settings">What the bytes depend on, beside the format: replicas with other settings do not read each other's copies.</param>
/// <param name="keepFor">How long a copy is kept.</param>
internal sealed class DistributedBlockStore(IDistributedCache cache, RedisCircuit circuit, string prefix, string settings, TimeSpan keepFor)
{
    private readonly DistributedCacheEntryOptions _expiry = new() { AbsoluteExpirationRelativeToNow = keepFor };

    /// <summary>Reads a copy; null when there is none, and no bytes for what is no copy.</summary>
    /// <param name="version">The version of the format.</param>
    /// <param name="block">The block.</param>
    /// <param name="fetchedAt">Which copy of it.</param>
    /// <param name="patience">How long to wait for Redis.</param>
    /// <exception cref="RedisAwayException">Redis does not respond: whether there is a copy is not known.</exception>
    public Task<byte[]?> GetAsync(int version, int block, long fetchedAt, TimeSpan patience) =>
        circuit.RunAsync(() => cache.GetAsync(Key(version, block, fetchedAt)), patience);

    /// <summary>Stores a copy. False when Redis does not answer; it may be stored all the same.</summary>
    public Task<bool> TrySetAsync(int version, int block, long fetchedAt, byte[] value) =>
        circuit.TryRunAsync(() => cache.SetAsync(Key(version, block, fetchedAt), value, _expiry));

    /// <summary>Removes a copy, if Redis answers; otherwise it goes when its time is over.</summary>
    public Task TryRemoveAsync(int version, int block, long fetchedAt) =>
        circuit.TryRunAsync(() => cache.RemoveAsync(Key(version, block, fetchedAt)));

    private string Key(int version, int block, long fetchedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}:v{version}:{settings}:{block}:{fetchedAt}");
}
