using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Session values that replicas share: in Redis, or in the memory of the only replica. A call waits for Redis at most
/// <see cref="RedisCircuit.Patience"/>.
/// </summary>
/// <param name="cache">Redis, or memory.</param>
/// <param name="time">The clock.</param>
/// <param name="prefix">Prefix of all keys.</param>
/// <param name="connection">Redis; null without it.</param>
/// <param name="circuit">The circuit of Redis; null without it.</param>
/// <param name="unreadable">Warns of a value that is not a mark; null without Redis.</param>
internal sealed class SessionKeyValueStore(
    IDistributedCache cache, TimeProvider time, string prefix, RedisConnection? connection = null, RedisCircuit? circuit = null,
    UnreadableValues? unreadable = null)
{
    private static readonly byte[] Mark = [1];

    private readonly Lock _lock = new();

    /// <summary>The lists and claims of a single replica without Redis; a claim is an empty list.</summary>
    private readonly Dictionary<string, (List<string> Entries, DateTimeOffset Until)> _lists = [];

    /// <exception cref="SessionStoreUnavailableException">Redis does not respond: whether the session exists is not known.</exception>
    public Task<byte[]?> GetAsync(string key) => RunAsync(() => cache.GetAsync(prefix + key));

    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; the value may be stored all the same.</exception>
    public Task SetAsync(string key, byte[] value, TimeSpan keepFor) => RunAsync(() =>
        cache.SetAsync(prefix + key, value, new() { AbsoluteExpirationRelativeToNow = keepFor }));

    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; the value may be removed all the same.</exception>
    public Task RemoveAsync(string key) => RunAsync(() => cache.RemoveAsync(prefix + key));

    /// <summary>Sets a mark, which <see cref="IsMarkedAsync"/> finds until <paramref name="keepFor"/> has passed.</summary>
    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; the mark may be set all the same.</exception>
    public Task MarkAsync(string key, TimeSpan keepFor) => SetAsync(key, Mark, keepFor);

    /// <summary>Returns true if a mark is set. Another value in its place does not count.</summary>
    /// <param name="key">The key of the mark.</param>
    /// <param name="kind">Name of the mark, for the warning of another value.</param>
    /// <exception cref="SessionStoreUnavailableException">Redis does not respond: whether the session exists is not known.</exception>
    public async Task<bool> IsMarkedAsync(string key, string kind)
    {
        var value = await GetAsync(key);
        if (value is null || value.AsSpan().SequenceEqual(Mark))
        {
            return value is not null;
        }

        unreadable?.Warn(kind);
        return false;
    }

    /// <summary>Claims a key for one of all replicas, for a limited time. False if it is already claimed.</summary>
    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; it may be claimed all the same.</exception>
    public Task<bool> TryClaimAsync(string key, TimeSpan keepFor) => circuit is null
        ? Task.FromResult(WithLists(now => _lists.TryAdd(key, ([], now + keepFor))))
        : RunAsync(redis => redis.StringSetAsync(prefix + key, RedisValue.EmptyString, keepFor, When.NotExists)); // SET NX PX

    /// <summary>
    /// Adds an entry to the front of a list, which then expires after <paramref name="keepFor"/>. Returns the list, at most
    /// <paramref name="most"/> entries.
    /// </summary>
    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; the entry may be added all the same.</exception>
    public Task<IReadOnlyList<string>> PushAsync(string key, string entry, TimeSpan keepFor, int most) => circuit is null
        ? Task.FromResult(WithLists<IReadOnlyList<string>>(now =>
        {
            List<string> entries = [entry, .. _lists.GetValueOrDefault(key).Entries ?? []];
            _lists[key] = (entries, now + keepFor);
            return [.. entries.Take(most)];
        }))
        : RunAsync(async redis =>
        {
            try
            {
                return await PushAsync(redis, prefix + key, entry, keepFor, most);
            }
            catch (RedisServerException other) when (UntrustedCache.IsUnreadable(other))
            {
                await redis.KeyDeleteAsync(prefix + key); // not a list: the gateway did not write it
                return await PushAsync(redis, prefix + key, entry, keepFor, most);
            }
        });

    /// <summary>Removes an entry from a list.</summary>
    /// <exception cref="SessionStoreUnavailableException">Redis does not respond; the entry may be removed all the same.</exception>
    public Task RemoveFromListAsync(string key, string entry) => circuit is null
        ? Task.FromResult(WithLists(_ => _lists.TryGetValue(key, out var list) && list.Entries.Remove(entry)))
        : RunAsync(async redis =>
        {
            try
            {
                return await redis.ListRemoveAsync(prefix + key, entry);
            }
            catch (RedisServerException other) when (UntrustedCache.IsUnreadable(other))
            {
                return 0; // not a list, so it contains no entry
            }
        });

    private static async Task<IReadOnlyList<string>> PushAsync(IDatabase redis, RedisKey key, string entry, TimeSpan keepFor, int most)
    {
        var pushed = redis.ListLeftPushAsync(key, entry);
        var kept = redis.KeyExpireAsync(key, keepFor);
        var list = redis.ListRangeAsync(key, 0, most - 1);
        await Task.WhenAll(pushed, kept, list);
        return [.. (await list).Select(value => value.ToString())];
    }

    /// <summary>Uses the lists of the only replica, without those that have expired.</summary>
    private T WithLists<T>(Func<DateTimeOffset, T> use)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (over, _) in _lists.Where(list => list.Value.Until <= now).ToList())
            {
                _lists.Remove(over);
            }

            return use(now);
        }
    }

    private Task<T> RunAsync<T>(Func<IDatabase, Task<T>> call) =>
        RunAsync(async () => await call((await connection!.GetAsync()).GetDatabase()));

    private Task<bool> RunAsync(Func<Task> call) => RunAsync(async () =>
    {
        await call();
        return true;
    });

    private async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await (circuit is null ? call() : circuit.RunAsync(call));
        }
        catch (RedisAwayException)
        {
            throw new SessionStoreUnavailableException();
        }
    }
}
