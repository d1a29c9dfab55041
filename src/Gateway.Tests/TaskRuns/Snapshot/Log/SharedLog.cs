using Microsoft.Extensions.Time.Testing;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>A log on a real Redis, with a key of its own, and its replicas.</summary>
internal sealed class SharedLog : IAsyncDisposable
{
    private readonly List<RedisLogStore> _stores = [];
    private readonly string _connectionString;
    private readonly ConnectionMultiplexer _connection;

    private SharedLog(string connectionString, ConnectionMultiplexer connection) =>
        (_connectionString, _connection) = (connectionString, connection);

    public RedisKey Key { get; } = $"{{nclue:log:{Guid.NewGuid():N}}}:log:1:00000000";

    public FakeTimeProvider Clock { get; } = new();

    public IDatabase Database => _connection.GetDatabase();

    public IServer Server => _connection.GetServers()[0];

    public static async Task<SharedLog> StartAsync(TestRedis redis) => await StartAsync(await redis.ConnectionStringAsync());

    public static async Task<SharedLog> StartAsync(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AllowAdmin = true;
        return new(connectionString, await ConnectionMultiplexer.ConnectAsync(options));
    }

    /// <summary>Returns a replica that has read the log.</summary>
    public async Task<LogReplica> AddReplicaAsync(SnapshotOptions? options = null)
    {
        var replica = AddReplica(options);
        (await replica.ReadAsync()).ShouldBeTrue();
        return replica;
    }

    /// <summary>Returns a replica that has not read the log.</summary>
    public LogReplica AddReplica(SnapshotOptions? options = null, string? connectionString = null) =>
        new(AddStore(options, connectionString), Clock, options);

    public RedisLogStore AddStore(SnapshotOptions? options = null, string? connectionString = null)
    {
        var store = new RedisLogStore(
            new RedisConnection(new() { Redis = connectionString ?? _connectionString }, "-log"), Key!, (options ?? new()).InterestFor);
        _stores.Add(store);
        return store;
    }

    /// <summary>Returns the names of all fields.</summary>
    public async Task<string[]> FieldsAsync() =>
        [.. (await Database.HashKeysAsync(Key)).Select(name => (string)name!).Order(StringComparer.Ordinal)];

    public Task<HashEntry[]> CopyAsync() => Database.HashGetAllAsync(Key);

    /// <summary>Replaces the log by a copy: what a failover, a backup or a restart without data does.</summary>
    public async Task RestoreAsync(params HashEntry[] copy)
    {
        await Database.KeyDeleteAsync(Key);
        if (copy.Length > 0)
        {
            await Database.HashSetAsync(Key, copy);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        try
        {
            await Database.KeyDeleteAsync(Key);
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // A server of the test's own, which is gone.
        }

        await _connection.DisposeAsync();
    }
}
