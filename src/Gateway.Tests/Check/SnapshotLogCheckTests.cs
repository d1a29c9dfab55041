using Microsoft.Extensions.Logging.Abstractions;
using NclueGateway.Budget;
using NclueGateway.Check;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Upstream;
using StackExchange.Redis;

namespace NclueGateway.Tests.Check;

/// <summary>Findings of <c>check</c> about the log of the snapshot, on a real Redis, by the real clock.</summary>
[Trait("Needs", "Processes")]
public sealed class SnapshotLogCheckTests(TestRedis shared)
{
    private readonly NclueOptions _nclue =
        new() { BaseAddress = new("https://nclue.example.com/api/v1/"), Account = ReplicaSettings.NewAccount() };

    private string LogKey => SnapshotLogExtensions.LogKey(_nclue);

    [Fact]
    public async Task The_log_is_neither_changed_nor_kept_longer()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(await shared.ConnectionStringAsync());
        var redis = connection.GetDatabase();
        HashEntry[] log = [new("epoch", "5"), new("top", "1"), new("chain", "00000000000000aa"), new("1", "entry"), new("checkpoints", "")];
        await redis.HashSetAsync(LogKey, log);
        await redis.KeyExpireAsync(LogKey, TimeSpan.FromMinutes(2));

        var seen = await CheckAsync(await shared.ConnectionStringAsync());
        var again = await CheckAsync(await shared.ConnectionStringAsync());

        seen.ShouldBe(Finding.Fine("redis-log", "This Redis user can read and write it."));
        again.ShouldBe(seen);
        (await redis.HashGetAllAsync(LogKey)).ShouldBe(log, ignoreOrder: true);
        (await redis.KeyTimeToLiveAsync(LogKey))!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(2));
        await ReplicaSettings.EventuallyAsync(() => redis.KeyExistsAsync($"{LogKey}:check"), exists => !exists);
    }

    [Fact]
    public async Task Without_a_log_it_is_fine()
    {
        var seen = await CheckAsync(await shared.ConnectionStringAsync());

        seen.ShouldBe(Finding.Fine("redis-log", "This Redis user can read and write it. There is none yet."));
    }

    [Theory]
    [InlineData("+@connection +@hash +time +pexpire +expire +info", "NOPERM", "rights")] // no script
    [InlineData("+@connection +@scripting +hget +hmget +hstrlen +time +pexpire +expire +info", "NOPERM", "rights")] // reads only
    [InlineData("+@all", "OOM", "memory")]
    [InlineData("+@all", "WRONGTYPE", "delete it")]
    [InlineData("+@all", "READONLY", "primary")]
    public async Task A_Redis_that_refuses_the_log_is_named_with_advice(string rights, string reason, string advice)
    {
        await using var server = await RedisServer.StartAsync(
            [
                "--user", "default", "on", "nopass", "~*", "&*", "+@all",
                "--user", "log", "on", ">canary", "~{nclue:*", "&*", .. rights.Split(' '),
            ]);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Address},allowAdmin=true");
        switch (reason)
        {
            case "OOM":
                await connection.GetServers()[0].ConfigSetAsync("maxmemory", "1");
                break;
            case "WRONGTYPE":
                await connection.GetDatabase().StringSetAsync(LogKey, "x");
                break;
            case "READONLY":
                await connection.GetServers()[0].ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
                break;
        }

        var seen = await CheckAsync($"{server.Address},user=log,password=canary");

        seen.State.ShouldBe(FindingState.Failed);
        seen.Seen.ShouldStartWith($"It cannot be read and written ({reason})");
        seen.Advice!.ShouldContain(advice);
        $"{seen}".ShouldNotContain("canary");
    }

    private async Task<Finding> CheckAsync(string redis)
    {
        await using var store = new RedisLogStore(new(new() { Redis = redis }, "-log"), LogKey, TimeSpan.FromDays(4));
        return await new SnapshotLogCheck(
            new() { Redis = redis }, _nclue, store, new(TimeProvider.System, NullLogger<SnapshotLogCircuit>.Instance)).RunAsync();
    }
}
