using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>A connection to Redis. It reconnects by itself.</summary>
/// <param name="options">The address of Redis.</param>
/// <param name="suffix">Suffix of the client name, for a connection of its own; empty for the one that most users share.</param>
internal sealed class RedisConnection(ConnectionStringOptions options, string suffix = "") : IAsyncDisposable
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
        var configuration = Configure(options.Redis);
        configuration.ClientName += suffix;
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }
}
