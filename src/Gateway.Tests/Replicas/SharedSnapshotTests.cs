using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Snapshot;
using NclueGateway.Upstream;
using StackExchange.Redis;

namespace NclueGateway.Tests.Replicas;

/// <summary>The snapshot of replicas on one real Redis, by the real clock.</summary>
[Trait("Needs", "RealTime")]
[Collection("Alone")] // Redis must reply in time: a warning fails it
public sealed class SharedSnapshotTests(TestRedis redis)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly string _account = ReplicaSettings.NewAccount();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_replicas_have_one_chain_of_versions_under_churn_and_then_the_list()
    {
        var settings = await SettingsAsync();
        await using var one = await GatewayHost.StartAsync(new() { Runs = 2_000 }, settings, realTime: true);
        await using var two = await one.StartReplicaAsync(settings);
        await using var three = await one.StartReplicaAsync(settings);
        GatewayHost[] replicas = [one, two, three];
        var witness = new SnapshotWitness();
        Array.ForEach(replicas, witness.Watch);

        await ChurnAsync(one.Nclue.Runs, replicas, TimeSpan.FromSeconds(32));
        (string Id, string Name)[] expected =
            [.. one.Nclue.Runs.Slice(0, int.MaxValue).Runs.Select(run => (SimulatedRun.IdOf(run.Number), RunColumns.Fold(run.Name)))];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var tick = 0; tick < 240 && !Array.TrueForAll(replicas, replica => Runs(replica).SequenceEqual(expected)); tick++)
        {
            Array.ForEach(replicas, replica => replica.AskForSnapshot());
            await pace.WaitForNextTickAsync(Ct);
        }

        witness.Conflicts.ShouldBeEmpty();
        foreach (var replica in replicas)
        {
            Runs(replica).ShouldBe(expected);
            witness.StagesOf(replica).ShouldBe([SnapshotStage.Building, SnapshotStage.Complete]);
            replica.Warnings().ShouldBeEmpty();
        }

        witness.Epochs.ShouldHaveSingleItem();
        witness.Positions.ShouldBeGreaterThan(40);
        one.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200);
        one.Nclue.Arrivals.Skip(1).Min(arrival => arrival.SincePrevious)!.Value.ShouldBeGreaterThanOrEqualTo(Second);

        static IEnumerable<(string, string)> Runs(GatewayHost replica) =>
            replica.Shown()?.Roll.From(0).Select(entry => (entry.Run.Id, entry.Run.Columns.FoldedName()!)) ?? [];
    }

    [Fact]
    public async Task A_replica_that_starts_has_the_snapshot_at_once_and_needs_no_request_to_NCLUE()
    {
        var settings = await SettingsAsync();
        await using var one = await GatewayHost.StartAsync(new() { Runs = 250 }, settings, realTime: true);
        await one.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await one.StopAsync();
        var last = one.Snapshot().State;
        await one.Nclue.PauseAsync(Ct); // from here on no request to it succeeds
        var arrivals = one.Nclue.Arrivals.Count;

        var started = TimeProvider.System.GetTimestamp();
        await using var other = await one.StartReplicaAsync(settings);
        var shown = await other.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);

        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        shown.Top.ShouldBe(last.Top);
        SnapshotWitness.ContentOf(shown.Roll).ShouldBe(SnapshotWitness.ContentOf(last.Roll));
        one.Nclue.Arrivals.Count.ShouldBe(arrivals);
    }

    [Fact]
    public async Task While_Redis_refuses_the_log_operators_see_why_and_pages_are_served()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(await redis.ConnectionStringAsync());
        await using var gateway = await GatewayHost.StartAsync(settings: await SettingsAsync(), realTime: true);
        await gateway.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var key = SnapshotLogExtensions.LogKey(gateway.Services.GetRequiredService<NclueOptions>());
        (await CheckAsync())["status"]!.ToString().ShouldBe("Healthy");

        await connection.GetDatabase().KeyDeleteAsync(key);
        await connection.GetDatabase().StringSetAsync(key, "of another program");
        var check = await ReplicaSettings.EventuallyAsync(CheckAsync, check => check["status"]!.ToString() == "Degraded");

        check["description"]!.ToString().ShouldBe(
            "The log of the snapshot in Redis is away (WRONGTYPE): the copy of the whole list does not change. Pages are served.");
        (await gateway.ReadinessAsync()).ShouldBe("200 Degraded");
        (await gateway.ReadAsync()).Status.ShouldBe(HttpStatusCode.OK);
        await connection.GetDatabase().KeyDeleteAsync(key);
        await gateway.UntilReadyAsync("200 Healthy");

        async Task<JsonNode> CheckAsync()
        {
            using var operators = gateway.CreateAnonymousClient();
            return (await operators.GetFromJsonAsync<JsonObject>("/health", Ct))!["checks"]!["snapshot"]!;
        }
    }

    /// <summary>Ten new names and one new run a second, and a deletion every five seconds, while callers ask every replica.</summary>
    private static async Task ChurnAsync(SimulatedRuns runs, GatewayHost[] replicas, TimeSpan duration)
    {
        var random = new Random(17);
        var started = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var (tick, created) = (1, 0); TimeProvider.System.GetElapsedTime(started) < duration; tick++)
        {
            if (tick % 10 == 0)
            {
                runs.Prepend(1);
                created++;
                Array.ForEach(replicas, replica => replica.AskForSnapshot());
            }

            if (tick % 50 == 0)
            {
                runs.RemoveAt(random.Next(created, runs.Count));
            }

            if (created > 0)
            {
                runs.Rename(random.Next(created)); // these runs have not ended, so they are read often
            }

            await pace.WaitForNextTickAsync(Ct);
        }
    }

    private async Task<Dictionary<string, string?>> SettingsAsync() =>
        ReplicaSettings.For(await redis.ConnectionStringAsync(), _account, ("Snapshot:Warm", "true"));
}
