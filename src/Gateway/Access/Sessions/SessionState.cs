using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// What replicas share about sessions: in Redis, or in the memory of the only replica. Nobody waits for Redis longer than
/// <see cref="RedisCircuit.Patience"/>.
/// </summary>
/// <param name="cache">Redis, or memory.</param>
/// <param name="time">The clock.</param>
/// <param name="prefix">What all keys begin with.</param>
/// <param name="connection">Redis; null without it.</param>
/// <param name="circuit">Whether Redis answers; null without it.</param>
internal sealed class SessionState(
    IDistributedCache cache, TimeProvider time, string prefix, RedisConnection? connection = null, RedisCircuit? circuit = null)
{
    private readonly Dictionary<string, DateTimeOffset> _claimed = [];

    /// <exception cref="SessionStoreUnavailableException">Redis does not answer, so that nobody knows.</exception>
    public Task<byte[]?> GetAsync(string key) => RunAsync(() => cache.GetAsync(prefix + key));

    /// <exception cref="SessionStoreUnavailableException">Redis does not answer; it may be stored all the same.</exception>
    public Task SetAsync(string key, byte[] value, TimeSpan keepFor) => RunAsync(async () =>
    {
        await cache.SetAsync(prefix + key, value, new() { AbsoluteExpirationRelativeToNow = keepFor });
        return true;
    });

    /// <exception cref="SessionStoreUnavailableException">Redis does not answer; it may be removed all the same.</exception>
    public Task RemoveAsync(string key) => RunAsync(async () =>
    {
        await cache.RemoveAsync(prefix + key);
        return true;
    });

    /// <summary>Takes something that only one of all replicas may have, for a while. False when somebody has it.</summary>
    /// <exception cref="SessionStoreUnavailableException">Redis does not answer; it may be taken all the same.</exception>
    public Task<bool> TryClaimAsync(string key, TimeSpan keepFor) => circuit is null
        ? Task.FromResult(TryClaim(key, keepFor))
        : RunAsync(async () =>
        {
            var redis = (await connection!.GetAsync()).GetDatabase();
            return await redis.StringSetAsync(prefix + key, RedisValue.EmptyString, keepFor, When.NotExists); // SET NX PX
        });

    private bool TryClaim(string key, TimeSpan keepFor)
    {
        lock (_claimed)
        {
            var now = time.GetUtcNow();
            foreach (var (over, _) in _claimed.Where(claim => claim.Value <= now).ToList())
            {
                _claimed.Remove(over);
            }

            return _claimed.TryAdd(key, now + keepFor);
        }
    }

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
