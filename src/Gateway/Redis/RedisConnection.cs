using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>The one connection to Redis, shared by all its users. It reconnects by itself.</summary>
internal sealed class RedisConnection(ConnectionStringOptions options) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<IConnectionMultiplexer>? _connection;
    private bool _isDisposed;

    /// <summary>Returns the connection. The first call connects; a call after a failed attempt tries again.</summary>
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

    /// <summary>Returns the options in the connection string, with the fixed ones that override it.</summary>
    internal static ConfigurationOptions Configure(string connectionString)
    {
        var configuration = ConfigurationOptions.Parse(connectionString);
        configuration.ClientName ??= "nclue-gateway";

        // The gateway starts without Redis too, and connects later.
        configuration.AbortOnConnectFail = false;

        // Commands are not queued while Redis is unavailable: a queued claim would be executed after the gateway has
        // given it up.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        configuration.ConnectTimeout = 1_000;
        configuration.AsyncTimeout = 1_000;
        configuration.SyncTimeout = 1_000;

        // The details contain keys and servers, which must not be logged.
        configuration.IncludeDetailInExceptions = false;
        return configuration;
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        await Task.Yield(); // with Sentinel, a part of connecting blocks the thread
        return await ConnectionMultiplexer.ConnectAsync(Configure(options.Redis));
    }
}
