using NclueGateway.Budget;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using Testcontainers.Redis;

[assembly: AssemblyFixture(typeof(TestRedis))]

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// The Redis that tests share: the one in <c>TEST_REDIS</c>, else a container when a Docker engine responds and has or can pull the image,
/// else a local <c>redis-server</c>. The test summary names the one in use. Each test uses an account of its own.
/// </summary>
public sealed class TestRedis : IAsyncLifetime
{
    private static readonly TimeSpan PullWithin = TimeSpan.FromMinutes(1);

    private readonly Lazy<Task<string>> _connectionString;
    private IAsyncDisposable? _own;

    public TestRedis() => _connectionString = new(StartAsync);

    /// <summary>Returns its connection string. The first test that needs Redis starts it.</summary>
    public Task<string> ConnectionStringAsync()
    {
        SlowTests.ShouldSayWhatTheyNeed();
        return _connectionString.Value;
    }

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? default;

    private async Task<string> StartAsync()
    {
        var (connectionString, what) = await FromEnvironmentAsync() ?? await FromContainerAsync() ?? await FromProcessAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(connectionString);
        var version = connection.GetServers()[0].Version;
        if (Environment.GetEnvironmentVariable("TEST_SUMMARY") is { Length: > 0 } summary)
        {
            await File.AppendAllTextAsync(summary, $"Redis used: {version}, {what}\n");
        }

        return connectionString;
    }

    private static Task<(string, string)?> FromEnvironmentAsync() => Task.FromResult<(string, string)?>(
        Environment.GetEnvironmentVariable("TEST_REDIS") is { Length: > 0 } given ? (given, "given in TEST_REDIS") : null);

    private async Task<(string, string)?> FromContainerAsync()
    {
        try
        {
            var container = new RedisBuilder("redis:7.4").Build();
            using var patience = new CancellationTokenSource(PullWithin, TimeProvider.System);
            await container.StartAsync(patience.Token);
            _own = container;
            return (container.GetConnectionString(), "in a container");
        }
        catch (Exception notHere) when (notHere is not OutOfMemoryException)
        {
            return null; // no engine, or no image
        }
    }

    private async Task<(string, string)> FromProcessAsync()
    {
        var process = await RedisServer.StartAsync();
        _own = process;
        return (process.Address, "a redis-server that the tests have started");
    }
}
