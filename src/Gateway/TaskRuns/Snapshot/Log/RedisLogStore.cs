using NclueGateway.Redis;
using StackExchange.Redis;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The log in Redis, through a connection of its own: the pacer's calls never queue behind checkpoints.</summary>
/// <param name="connection">The connection, which is disposed with the store.</param>
/// <param name="key">The log's key.</param>
/// <param name="lifetime">Time after which the log expires, unless it is written or kept.</param>
internal sealed class RedisLogStore(RedisConnection connection, string key, TimeSpan lifetime) : ILogStore, IAsyncDisposable
{
    /// <summary>Maximum length of a reply with several values, in bytes.</summary>
    private const int ReplyLength = 1024 * 1024;

    private static readonly string Script = ReadScript();

    private readonly RedisKey _key = key;

    public async Task<IReadOnlyList<byte[]?>> GetAsync(IReadOnlyList<string> names)
    {
        var redis = await ConnectAsync();
        var lengths = await Task.WhenAll(names.Select(name => redis.HashStringLengthAsync(_key, name)));
        var (count, total) = (0, 0L);
        while (count < names.Count && (count == 0 || total + lengths[count] <= ReplyLength))
        {
            total += IsRead(lengths[count]) ? lengths[count] : 0;
            count++;
        }

        var fields = names.Take(count).Select((name, n) => (RedisValue)(IsRead(lengths[n]) ? name : "")).ToArray();
        var values = await redis.HashGetAsync(_key, fields);
        return [.. values.Select(value => (byte[]?)value)];
    }

    public async Task SetPieceAsync(LogField piece)
    {
        var redis = await ConnectAsync();
        await Task.WhenAll(redis.HashSetAsync(_key, piece.Name, piece.Value), redis.KeyExpireAsync(_key, lifetime));
    }

    public async Task<bool> TryWriteAsync(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written)
    {
        var redis = await ConnectAsync();
        RedisValue[] arguments =
        [
            (long)lifetime.TotalMilliseconds,
            expected.Count,
            .. expected.Concat(written).SelectMany(field => new RedisValue[] { field.Name, field.Value }),
        ];
        var result = await redis.ScriptEvaluateAsync(Script, [_key], arguments);
        return result is { Resp2Type: ResultType.Integer } ? (int)result == 1 : throw new UnreadableReplyException("append");
    }

    public async Task<long> GetTimeAsync()
    {
        var redis = await ConnectAsync();
        return (RedisResult[]?)await redis.ExecuteAsync("TIME") is [var seconds, var microseconds]
            ? ((long)seconds * 1_000) + ((long)microseconds / 1_000)
            : throw new UnreadableReplyException("time");
    }

    public async Task KeepAsync() => await (await ConnectAsync()).KeyExpireAsync(_key, lifetime);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static bool IsRead(long length) => length <= ILogStore.MaxValueLength;

    private async Task<IDatabase> ConnectAsync() => (await connection.GetAsync()).GetDatabase();

    private static string ReadScript()
    {
        using var file = typeof(RedisLogStore).Assembly.GetManifestResourceStream("append.lua")!;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
