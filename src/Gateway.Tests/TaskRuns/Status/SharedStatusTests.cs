using System.Text.Json.Nodes;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;

namespace NclueGateway.Tests.TaskRuns.Status;

/// <summary>The status of replicas that share one Redis.</summary>
public sealed class SharedStatusTests(TestRedis redis)
{
    [Fact]
    public async Task Each_replica_shows_the_departures_of_all()
    {
        await using var replicas = await ReplicasOnModelRedis.StartAsync();
        var (one, other) = (await replicas.AddAsync(), await replicas.AddAsync());
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 3);
        await replicas.DepartAsync(other, 4);
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(other, 2);
        await replicas.LetMinuteEndAsync();

        var (of, same) = (await one.StatusAsync(), await other.StatusAsync());

        of.LastMinutes(3).ShouldBe([null, 7, 2]);
        same["departures"]!.ToJsonString().ShouldBe(of["departures"]!.ToJsonString());
        ((int)of["departures"]!["mostPerMinute"]!).ShouldBe(57); // of all replicas
        (Shared(of), Shared(same)).ShouldBe((("ok", 2), ("ok", 2)));
    }

    [Fact]
    public async Task A_replica_that_starts_later_knows_the_minutes_since_then_and_one_that_leaves_is_not_counted()
    {
        await using var replicas = await ReplicasOnModelRedis.StartAsync();
        var one = await replicas.AddAsync();
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 3);
        var other = await replicas.AddAsync();
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 4);
        await replicas.LetMinuteEndAsync();

        (await one.StatusAsync()).LastMinutes(3).ShouldBe([null, 3, 4]);
        (await other.StatusAsync()).LastMinutes(3).ShouldBe([null, null, 4]);
        await replicas.RemoveAsync(one);
        await replicas.LetPassAsync(TimeSpan.FromSeconds(3));

        Shared(await other.StatusAsync()).ShouldBe(("ok", 1));
    }

    [Fact]
    public async Task Minutes_in_which_Redis_was_away_are_not_known()
    {
        await using var replicas = await ReplicasOnModelRedis.StartAsync();
        var (one, _) = (await replicas.AddAsync(), await replicas.AddAsync());
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 3);
        await replicas.LetMinuteEndAsync();

        replicas.LoseRedis();
        await replicas.LetPassAsync(TimeSpan.FromSeconds(5));
        var away = await one.StatusAsync();
        replicas.ReturnRedis(); // within the same minute: both ends of it are seen
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 4);
        await replicas.LetMinuteEndAsync();

        Shared(away).ShouldBe(("away", 1));
        away.LastMinutes(2).ShouldBe([null, 3]); // what is known stays known
        var back = await one.StatusAsync();
        Shared(back).ShouldBe(("ok", 2));
        back.LastMinutes(4).ShouldBe([null, 3, null, 4]);
    }

    [Fact]
    public async Task The_minute_in_which_Redis_lost_its_data_is_not_known()
    {
        await using var replicas = await ReplicasOnModelRedis.StartAsync();
        var one = await replicas.AddAsync();
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 1);
        await replicas.LetMinuteEndAsync();

        replicas.EmptyRedis();
        await replicas.DepartAsync(one, 5); // more than before: the number itself does not show the loss
        await replicas.LetMinuteEndAsync();
        await replicas.DepartAsync(one, 2);
        await replicas.LetMinuteEndAsync();

        (await one.StatusAsync()).LastMinutes(4).ShouldBe([null, 1, null, 2]);
    }

    [Fact]
    public async Task A_pause_is_that_of_all_replicas()
    {
        await using var replicas = await ReplicasOnModelRedis.StartAsync();
        var (one, other) = (await replicas.AddAsync(), await replicas.AddAsync());
        await replicas.LetPassAsync(TimeSpan.FromSeconds(5));
        replicas.Nclue.Fault = new Fault { Status = 429, Body = """{"error":{"errorCode":400}}""" };
        await one.ReadAsync();
        for (var step = 0; step < 20 && (await other.StatusAsync()).Upstream().Upstream == "ok"; step++)
        {
            await replicas.LetPassAsync(TimeSpan.FromSeconds(0.5)); // the replica reports the pause after it has responded to its reader
        }

        var (own, same) = ((await one.StatusAsync()).Upstream(), (await other.StatusAsync()).Upstream());

        (own.Upstream, own.Detail).ShouldBe(("paused", "The quota of the NCP account is used up (HTTP 429, code 400)."));
        (same.Upstream, same.Detail).ShouldBe(("paused", "The quota of the NCP account is used up (reported by another replica)."));
        own.PausedForSeconds.ShouldBeInRange(45, 60);
        same.PausedForSeconds.ShouldBeInRange(own.PausedForSeconds - 1, own.PausedForSeconds + 1);
    }

    [Fact]
    [Trait("Needs", "RealTime")]
    public async Task Two_replicas_on_one_Redis_know_of_each_other()
    {
        var settings = ReplicaSettings.For(await redis.ConnectionStringAsync(), ReplicaSettings.NewAccount());
        await using var one = await GatewayHost.StartAsync(settings: settings, realTime: true);
        await using var other = await one.StartReplicaAsync(settings);

        foreach (var replica in new[] { one, other })
        {
            var status = await ReplicaSettings.EventuallyAsync(replica.StatusAsync, status => Shared(status).Replicas == 2);
            Shared(status).ShouldBe(("ok", 2));
        }
    }

    private static (string Redis, int Replicas) Shared(JsonObject status) => ((string)status["redis"]!, (int)status["replicas"]!);
}
