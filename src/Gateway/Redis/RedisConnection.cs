using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>The one connection to Redis, for the pacer and the blocks alike. It comes back by itself when Redis does.</summary>
internal sealed class RedisConnection(ConnectionStringOptions options) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<IConnectionMultiplexer>? _connection;
    private bool _isDisposed;

    /// <summary>The connection; the first call makes it, and a call after one that failed tries again.</summary>
    public Task<IConnectionMultiplexer> GetAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_connection is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _connection = ConnectAsync();
            }

            return _connection;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connection;
        lock (_lock)
        {
            _isDisposed = true;
            connection = _connection;
        }

        if (connection is { IsCompletedSuccessfully: true })
        {
            await (await connection).DisposeAsync();
        }
    }

    /// <summary>What the connection string says, and what has to hold whatever it says.</summary>
    internal static ConfigurationOptions Configure(string connectionString)
    {
        var configuration = ConfigurationOptions.Parse(connectionString);
        configuration.ClientName ??= "nclue-gateway";

        // The gateway starts without Redis too, and finds it later.
        configuration.AbortOnConnectFail = false;

        // A claim that waited for the connection would be executed after it, when nobody counts with it any more.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        configuration.ConnectTimeout = 1_000;
        configuration.AsyncTimeout = 1_000;
        configuration.SyncTimeout = 1_000;

        // What it says of keys and servers is not for a log.
        configuration.IncludeDetailInExceptions = false;
        return configuration;
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        await Task.Yield(); // with Sentinel a part of it blocks
        return await ConnectionMultiplexer.ConnectAsync(Configure(options.Redis));
    }
}
