using Microsoft.Extensions.Time.Testing;
using NclueGateway.Budget;
using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Deploy;
using NclueGateway.Tests.Simulation;
using StackExchange.Redis;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>A Redis that refuses the log: each kind of failure is logged once, and its end once.</summary>
[Trait("Needs", "Processes")]
public sealed class LogAwayTests
{
    private const string Back = "The log of the snapshot in Redis is back after ";

    private static readonly string[] NoRights =
        ["--user", "default", "on", "nopass", "~*", "&*", "+@all", "--user", "log", "on", ">password"];

    [Fact]
    public async Task A_full_Redis()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        one.Messages();

        await log.Server.ConfigSetAsync("maxmemory", "1");
        await ShouldBeAwayForWritesAsync(log, one, "OOM");
        await log.Server.ConfigSetAsync("maxmemory", "0");
        await ShouldBeBackAsync(log, one);
    }

    [Fact]
    public async Task A_full_Redis_that_has_lost_the_log()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        one.Messages();

        await log.RestoreAsync();
        await log.Server.ConfigSetAsync("maxmemory", "1");
        for (var attempt = 0; attempt < 3; attempt++)
        {
            (await one.ReadAsync()).ShouldBeFalse();
            log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
        }

        one.Messages().ShouldBe([Away("OOM")]);
        await log.Server.ConfigSetAsync("maxmemory", "0");
        await ShouldBeBackAsync(log, one);
        one.Ids.ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task A_Redis_that_does_not_reply_to_writes_in_time()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        one.Messages();

        await log.Server.ExecuteAsync("CLIENT", "PAUSE", "60000", "WRITE");
        var append = one.AppendAsync("b a");
        log.Clock.Advance(SnapshotLogCircuit.AppendPatience);
        await Should.ThrowAsync<RedisAwayException>(append);
        one.Messages().ShouldBe([Away("no reply in time")]);
        one.Log.State.ShouldBe(new(false, "no reply in time"));
        await log.Server.ExecuteAsync("CLIENT", "UNPAUSE");
        log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
        (await one.ReadAsync()).ShouldBeTrue(); // the append was executed after all
        one.Ids.ShouldBe(["b", "a"]);
        await ShouldBeBackAsync(log, one);
    }

    [Fact]
    public async Task A_read_only_Redis()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        one.Messages();

        await log.Server.ConfigSetAsync("min-replicas-to-write", "1");
        await ShouldBeAwayForWritesAsync(log, one, "NOREPLICAS");
        await log.Server.ConfigSetAsync("min-replicas-to-write", "0");
        await ShouldBeBackAsync(log, one);

        await log.Server.ReplicaOfAsync(System.Net.IPEndPoint.Parse(primary.Address));
        await Should.ThrowAsync<RedisAwayException>(() => one.AppendAsync("c b a"));
        one.Log.State.IsAvailable.ShouldBe(false);
        one.Messages().ShouldHaveSingleItem().ShouldBe(Away(one.Log.State.Reason));
    }

    [Theory]
    [InlineData("+@connection +@hash +time +pexpire +info +cluster", true, "NOPERM")] // no scripts
    [InlineData("+@connection +@scripting +time +pexpire +info +cluster", false, "NOPERM")] // no hashes
    public async Task A_user_without_a_right(string rights, bool canRead, string reason)
    {
        await using var redis = await RedisServer.StartAsync([.. NoRights, "~{nclue:*", .. rights.Split(' ')]);
        await using var log = await SharedLog.StartAsync(redis.Address);
        var owner = await log.AddReplicaAsync();
        var one = log.AddReplica(connectionString: $"{redis.Address},user=log,password=password");

        (await one.ReadAsync()).ShouldBe(canRead);
        if (canRead)
        {
            await ShouldBeAwayForWritesAsync(log, one, reason);
            (await owner.AppendAsync("b a")).ShouldBeTrue();
            (await one.ReadAsync()).ShouldBeTrue(); // it follows all the same
            one.State.Describe().ShouldBe(owner.State.Describe());
        }
        else
        {
            one.Messages().ShouldBe([Away(reason)]);
        }

        await log.Server.ExecuteAsync("ACL", "SETUSER", "log", "+@all");
        await ShouldBeBackAsync(log, one);
    }

    /// <summary>A user with the rights of <c>docs/configuration.md</c> can use the whole log.</summary>
    [Fact]
    public async Task The_documented_rights_are_sufficient()
    {
        await using var redis = await RedisServer.StartAsync([.. NoRights, .. DeployedFiles.RedisRights.Split(' ')]);
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = log.AddReplica(connectionString: $"{redis.Address},user=log,password=password");
        (await one.ReadAsync()).ShouldBeTrue();
        for (var minute = 0; minute < 25; minute++)
        {
            (await one.AppendAsync($"run{minute} a", departure: LogReplica.Start + (60_000L * minute))).ShouldBeTrue();
            await one.Log.CheckpointAsync(one.State);
        }

        await one.Log.KeepAsync();
        one.Messages().ShouldBe(["The log of the snapshot begins anew, with 0 runs."]);
        (await log.AddReplicaAsync()).State.Describe().ShouldBe(one.State.Describe());
        (await log.Server.ClientListAsync()).Select(client => client.Name).ShouldContain("nclue-gateway-log");
    }

    [Fact]
    public async Task A_key_of_another_type()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        one.Messages();
        await log.Database.KeyDeleteAsync(log.Key);
        await log.Database.StringSetAsync(log.Key, "x");

        (await one.ReadAsync()).ShouldBeFalse();
        log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
        (await one.ReadAsync()).ShouldBeFalse();
        await Should.ThrowAsync<RedisAwayException>(() => one.AppendAsync("b a"));
        await one.Log.KeepAsync();
        await one.Log.CheckpointAsync(one.State);
        one.Messages().ShouldBe([Away("WRONGTYPE")]);

        await log.Database.KeyDeleteAsync(log.Key);
        await ShouldBeBackAsync(log, one);
    }

    [Fact]
    public async Task A_Redis_that_is_gone_and_comes_back_empty()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var log = await SharedLog.StartAsync(redis.Address);
        var one = await log.AddReplicaAsync();
        (await one.AppendAsync("b a")).ShouldBeTrue();
        one.Messages();

        await redis.StopAsync();
        (await one.ReadAsync()).ShouldBeFalse();
        await Should.ThrowAsync<RedisAwayException>(() => one.AppendAsync("c b a"));
        one.Log.State.IsAvailable.ShouldBe(false);
        one.Messages().Count.ShouldBe(1);
        await redis.StartAsync();
        await ShouldBeBackAsync(log, one);
        one.Ids.ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task While_the_log_is_away_it_is_called_once_a_second()
    {
        var (clock, store) = (new FakeTimeProvider(), new ModelLogStore(new ModelLog()));
        var one = new LogReplica(store, clock);
        (await one.ReadAsync()).ShouldBeTrue();
        store.IsAway = true;
        (await one.ReadAsync()).ShouldBeFalse();
        store.IsAway = false;

        (await one.ReadAsync()).ShouldBeFalse();
        await Should.ThrowAsync<RedisAwayException>(() => one.AppendAsync("b a"));
        clock.Advance(SnapshotLogCircuit.RetryAfter);
        (await one.ReadAsync()).ShouldBeTrue();
        one.Log.State.ShouldBe(new(true, ""));
    }

    private static string Away(string reason) =>
        $"The log of the snapshot in Redis is away ({reason}): the snapshot of this replica does not change until it is back.";

    /// <summary>Checks that writes fail while reads do not, and that it is logged once.</summary>
    private static async Task ShouldBeAwayForWritesAsync(SharedLog log, LogReplica replica, string reason)
    {
        replica.Messages();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await Should.ThrowAsync<RedisAwayException>(() => replica.AppendAsync("c b a"));
            await Should.ThrowAsync<RedisAwayException>(() => replica.AppendAsync("c b a")); // without a call
            (await replica.ReadAsync()).ShouldBeTrue();
            replica.Log.State.ShouldBe(new(false, reason));
            log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
        }

        replica.Messages().ShouldBe([Away(reason)]);
    }

    /// <summary>Checks that appends succeed again, and that it is logged once.</summary>
    private static async Task ShouldBeBackAsync(SharedLog log, LogReplica replica)
    {
        log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
        for (var attempt = 0; attempt < 200 && !await TryAppendAsync(); attempt++)
        {
            log.Clock.Advance(SnapshotLogCircuit.RetryAfter);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken); // it reconnects
        }

        replica.Log.State.ShouldBe(new(true, ""));
        replica.Messages().Count(message => message.StartsWith(Back, StringComparison.Ordinal)).ShouldBe(1);

        async Task<bool> TryAppendAsync()
        {
            try
            {
                return await replica.ReadAsync() && await replica.AppendAsync("c b a");
            }
            catch (RedisAwayException)
            {
                return false;
            }
        }
    }
}
