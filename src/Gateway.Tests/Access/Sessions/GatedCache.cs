using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using NclueGateway.Redis;

namespace NclueGateway.Tests.Access.Sessions;

/// <summary>
/// Store of the sessions without Redis. A test can block one read after it has got its value, and make one write fail
/// as if Redis were unavailable.
/// </summary>
internal sealed class GatedCache : IDistributedCache
{
    private readonly MemoryDistributedCache _cache = new(Options.Create(new MemoryDistributedCacheOptions()));
    private TaskCompletionSource? _held;
    private TaskCompletionSource? _release;
    private Predicate<string> _isHeld = _ => false;
    private string? _failing;

    /// <summary>Blocks the next read of such a key after it has got its value.</summary>
    /// <returns>A task that completes once the read is blocked, and an action that releases it.</returns>
    public (Task IsHeld, Action Release) HoldNext(Predicate<string> key)
    {
        var (held, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        (_isHeld, _release, _held) = (key, release, held);
        return (held.Task, release.SetResult);
    }

    /// <summary>Makes the next write of a key with this end fail.</summary>
    public void FailNext(string keyEnd) => _failing = keyEnd;

    public byte[]? Get(string key) => _cache.Get(key);

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        var value = await _cache.GetAsync(key, token);
        if (_isHeld(key) && Interlocked.Exchange(ref _held, null) is { } held)
        {
            held.SetResult();
            await _release!.Task;
        }

        return value;
    }

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _cache.Set(key, value, options);

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        if (_failing is { } end && key.EndsWith(end, StringComparison.Ordinal))
        {
            _failing = null;
            throw new RedisAwayException();
        }

        return _cache.SetAsync(key, value, options, token);
    }

    public void Refresh(string key) => _cache.Refresh(key);

    public Task RefreshAsync(string key, CancellationToken token = default) => _cache.RefreshAsync(key, token);

    public void Remove(string key) => _cache.Remove(key);

    public Task RemoveAsync(string key, CancellationToken token = default) => _cache.RemoveAsync(key, token);
}
