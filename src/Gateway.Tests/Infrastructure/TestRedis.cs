using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Budget;
using NclueGateway.Tests.Infrastructure;
using StackExchange.Redis;
using Testcontainers.Redis;

[assembly: AssemblyFixture(typeof(TestRedis))]

namespace NclueGateway.Tests.Infrastructure;

/// <summary>
/// The Redis that tests share: the one in <c>TEST_REDIS</c>, else a container when a Docker engine responds and has or can pull the image,
/// else a local <c>redis-server</c>. With <c>TEST_REDIS=container</c> only a container is used, and tests fail without one.
/// The test summary names the one in use. Each test uses an account of its own.
/// </summary>
public sealed class TestRedis : IAsyncLifetime
{
    /// <summary>Value of <c>TEST_REDIS</c> that demands a container.</summary>
    internal const string OnlyContainer = "container";

    private const string Image = "redis:7.4";

    private static readonly TimeSpan PullWithin = TimeSpan.FromMinutes(1);

    private readonly string? _given;
    private readonly Uri? _engine;
    private readonly Lazy<Task<string>> _connectionString;
    private IAsyncDisposable? _own;

    public TestRedis()
        : this(Environment.GetEnvironmentVariable("TEST_REDIS"), engine: null)
    {
    }

    /// <summary>Chooses as the value of <c>TEST_REDIS</c> demands, with a given container engine.</summary>
    internal TestRedis(string? given, Uri? engine)
    {
        (_given, _engine) = (given, engine);
        _connectionString = new(StartAsync);
    }

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
        var (connectionString, what) = _given switch
        {
            OnlyContainer => await FromContainerAsync(),
            { Length: > 0 } => (_given, "given in TEST_REDIS"),
            _ => await FromContainerIfPossibleAsync() ?? await FromProcessAsync(),
        };
        await using var connection = await ConnectionMultiplexer.ConnectAsync(connectionString);
        var version = connection.GetServers()[0].Version;
        if (_engine == null && Environment.GetEnvironmentVariable("TEST_SUMMARY") is { Length: > 0 } summary)
        {
            await File.AppendAllTextAsync(summary, $"Redis used: {version}, {what}\n");
        }

        return connectionString;
    }

    private async Task<(string, string)?> FromContainerIfPossibleAsync()
    {
        try
        {
            return await FromContainerAsync();
        }
        catch (Exception notHere) when (notHere is not OutOfMemoryException)
        {
            return null; // no engine, or no image
        }
    }

    private async Task<(string, string)> FromContainerAsync()
    {
        var builder = new RedisBuilder(Image);
        var container = (_engine == null ? builder : builder.WithDockerEndpoint(_engine).WithLogger(NullLogger.Instance)).Build();
        using var patience = new CancellationTokenSource(PullWithin, TimeProvider.System);
        await container.StartAsync(patience.Token);
        _own = container;
        return (container.GetConnectionString(), "in a container");
    }

    private async Task<(string, string)> FromProcessAsync()
    {
        var process = await RedisServer.StartAsync();
        _own = process;
        return (process.Address, "a redis-server that the tests have started");
    }
}
