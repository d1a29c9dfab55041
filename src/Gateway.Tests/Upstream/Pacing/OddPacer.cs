using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Redis;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Pacing;
using StackExchange.Redis;

namespace NclueGateway.Tests.Upstream.Pacing;

/// <summary>The coordinator script on a real Redis, with an account of its own to which another application writes.</summary>
/// <remarks>
/// The script uses Redis' clock, so the number of calls until a permit is available depends on the machine. The tests wait for permits, not
/// for time, and assert only the minimum time between two permits.
/// </remarks>
internal sealed class OddPacer : IAsyncDisposable
{
    public const int Interval = 10;
    public const int LongestPause = 100;

    /// <summary>Number of calls after which a permit counts as never available: they take longer than any wait.</summary>
    public const int MostCalls = 20_000;

    private readonly RedisConnection _connection;

    private OddPacer(RedisConnection connection, IDatabase database)
    {
        _connection = connection;
        Database = database;
        Script = new(connection, Account, Unreadable);
    }

    public string Account { get; } = $"{{nclue:odd:{Guid.NewGuid():N}}}";

    /// <summary>Key of the snapshot's log.</summary>
    public string LogKey => Account + ":log";

    /// <summary>Keys of the script.</summary>
    public RedisKey[] Keys => [Account, Account + ":blocks", Account + ":news"];

    public UnreadableValues Unreadable { get; } = new(NullLogger<UnreadableValues>.Instance);

    public IDatabase Database { get; }

    public LuaCoordinatorScript Script { get; }

    public static async Task<OddPacer> StartAsync(TestRedis redis)
    {
        var connection = new RedisConnection(new() { Redis = await redis.ConnectionStringAsync() });
        return new(connection, (await connection.GetAsync()).GetDatabase());
    }

    public Task<CoordinatorResponse> LookAsync() =>
        Script.RunAsync(new PacerReplica("looker").Claim(0, 0) with { Operation = CoordinatorOperation.Look });

    /// <summary>Claims a permit until one is granted.</summary>
    /// <param name="replica">The replica that claims it.</param>
    /// <param name="meanwhile">A call of another replica before each claim.</param>
    public async Task<(TimeSpan AskedAt, TimeSpan ReceivedAt)> UntilGrantedAsync(PacerReplica replica, Func<Task>? meanwhile = null)
    {
        var clock = TimeProvider.System;
        for (var call = 0; call < MostCalls; call++)
        {
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            var askedAt = clock.GetTimestamp();
            var reply = await Script.RunAsync(replica.Claim(0, askedAt));
            var receivedAt = clock.GetTimestamp();
            replica.Take(reply, askedAt, receivedAt);
            if (reply.Outcome == CoordinatorOutcome.Granted)
            {
                await Script.RunAsync(
                    replica.Claim(0, receivedAt) with { Operation = CoordinatorOperation.End, End = FetchOutcome.Failed });
                return (clock.GetElapsedTime(0, askedAt), clock.GetElapsedTime(0, receivedAt));
            }
        }

        throw new InvalidOperationException($"No permit in {MostCalls} calls.");
    }

    public async ValueTask DisposeAsync()
    {
        await Database.KeyDeleteAsync([.. Keys, LogKey]);
        await _connection.DisposeAsync();
    }
}
