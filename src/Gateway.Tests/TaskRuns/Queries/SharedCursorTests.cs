using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Budget;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Normalizing;
using NclueGateway.Tests.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot.Log;

namespace NclueGateway.Tests.TaskRuns.Queries;

/// <summary>Chains of pages over replicas on one real Redis, by the real clock.</summary>
[Trait("Needs", "RealTime")]
public sealed class SharedCursorTests(TestRedis redis)
{
    private const string Query = "/api/task-runs?sort=-createdAt";

    private readonly string _account = ReplicaSettings.NewAccount();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chain_over_ten_thousand_runs_is_one_version_on_replicas_in_turns_under_churn_and_after_the_death_of_its_maker()
    {
        var settings = ReplicaSettings.For(await redis.ConnectionStringAsync(), _account, ("Cache:FreshFor", "00:00:01"));
        await using var one = await GatewayHost.StartAsync(new() { Runs = 10_000 }, settings, realTime: true);
        await SeedAsync(one);
        await using var two = await one.StartReplicaAsync(settings);
        await using var three = await one.StartReplicaAsync(settings);
        GatewayHost[] replicas = [one, two, three];
        Array.ForEach(replicas, replica => replica.AskForSnapshot());
        await Task.WhenAll(replicas.Select(replica => replica.UntilShownAsync())).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        List<PageResponse> pages = [await one.AskAsync($"{Query}&limit=100")];
        var version = CursorOf(pages[0]).Version;
        var expected = IdsNewestFirst(one.Services.GetRequiredService<SnapshotVersions>().Find(version)!.State.Roll);

        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(80));
        var random = new Random(18);
        while (pages[^1].Link("next") is { } next)
        {
            Churn(one.Nclue.Runs, random, pages.Count);
            if (pages.Count == 40)
            {
                await one.StopAsync();
                replicas = [two, three];
            }

            pages.Add(await replicas[pages.Count % replicas.Length].AskAsync(next));
            pages[^1].Status.ShouldBe(HttpStatusCode.OK, pages[^1].Text);
            await pace.WaitForNextTickAsync(Ct);
        }

        pages.Count.ShouldBe(100);
        pages.SelectMany(page => page.Ids()).ShouldBe(expected);
        pages.ShouldAllBe(page => page.Total == 10_000);
        (two.Snapshot().State.Version.Number - version.Number).ShouldBeGreaterThanOrEqualTo(5);
        IdsNewestFirst(two.Shown()!.Roll).ShouldNotBe(expected);
    }

    [Fact]
    public async Task A_chain_goes_on_after_a_thousand_versions_also_on_a_replica_that_starts_then()
    {
        var settings = ReplicaSettings.For(await redis.ConnectionStringAsync(), _account);
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 }, settings, realTime: true);
        one.AskForSnapshot();
        await one.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var first = await one.AskAsync($"{Query}&limit=10");
        var expected = IdsNewestFirst(one.Shown()!.Roll);
        await one.StopAsync();
        await using var two = await one.StartReplicaAsync(settings);
        await using var silent = await one.StartReplicaAsync(settings); // no caller asks it: the test writes its log

        var before = CursorOf(first).Version.Number;
        var top = await silent.AppendNamesAsync(1_000);
        top.Number.ShouldBeGreaterThanOrEqualTo(before + 1_000);
        await using var three = await one.StartReplicaAsync(settings);
        foreach (var replica in new[] { two, three })
        {
            List<PageResponse> pages = [first];
            await replica.FollowAsync(pages, "next");
            pages.SelectMany(page => page.Ids()).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task A_version_ahead_of_a_replica_is_read_from_the_log_and_one_beyond_its_top_does_not_exist()
    {
        await using var own = await RedisServer.StartAsync();
        var settings = ReplicaSettings.For(own.Address, _account, ("Cache:FreshFor", "01:00:00"));
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 }, settings, realTime: true);
        await using var silent = await one.StartReplicaAsync(settings);
        one.AskForSnapshot();
        await one.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var first = await one.AskAsync($"{Query}&limit=10");

        var top = await silent.AppendNamesAsync(3);
        var ahead = await one.AskAsync(With(first, SnapshotVersion.Of(top)));
        var beyond = await one.AskAsync(With(first, SnapshotVersion.Of(top) with { Number = top.Number + 1_000 }));
        await own.StopAsync();
        var away = await one.AskAsync(With(first, SnapshotVersion.Of(top) with { Number = top.Number + 1 }));
        var known = await one.AskAsync(first.Link("next")!);
        var newest = await one.AskAsync(Query);

        (ahead.Status, ahead.Total).ShouldBe((HttpStatusCode.OK, 90), ahead.Text);
        ahead.Link("monitor")!.ShouldEndWith($"={SnapshotVersion.Of(top)}");
        beyond.Status.ShouldBe(HttpStatusCode.BadRequest);
        beyond.Errors().Keys.ShouldBe(["cursor"]);
        away.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, away.Text);
        away.Problem.ShouldBe("/problems/list-incomplete");
        away.Headers["Retry-After"].ShouldBe("1");
        foreach (var page in new[] { known, newest })
        {
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.CacheStatus.ShouldEndWith("; detail=redis-away");
        }
    }

    [Fact]
    public async Task While_Redis_is_away_the_version_grows_old_until_it_is_too_old()
    {
        await using var own = await RedisServer.StartAsync();
        var settings = ReplicaSettings.For(
            own.Address, _account,
            ("Cache:FreshFor", "00:00:01"), ("Cache:ServeStaleFor", "00:00:00"), ("Cache:KeepFor", "00:00:03"),
            ("Cache:WaitFor", "00:00:00"));
        await using var one = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 90 }, settings, realTime: true);
        one.AskForSnapshot();
        await one.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await own.StopAsync();

        var stale = await ReplicaSettings.EventuallyAsync(
            () => one.AskAsync(Query),
            page => page.Headers.GetValueOrDefault("Cache-Status")?.Contains("redis-away") == true && page.Age > 1);
        var gone = await ReplicaSettings.EventuallyAsync(() => one.AskAsync(Query), page => page.Status != HttpStatusCode.OK);

        stale.Status.ShouldBe(HttpStatusCode.OK);
        gone.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        gone.Problem.ShouldBe("/problems/list-incomplete");
        (await one.ReadUntilTrueAsync(page => page.Status == HttpStatusCode.OK)).Runs.Length.ShouldBe(20); // pages go on
    }

    /// <summary>Begins the log with the whole list, so that no first pass is needed.</summary>
    private static async Task SeedAsync(GatewayHost gateway)
    {
        var slots = new List<SnapshotRun?>();
        for (var row = 0; row < gateway.Nclue.Runs.Count; row += 100)
        {
            var body = SimulatedTaskRunList.Write(
                row, 100, gateway.Nclue.Runs, SimulatedIndexUnit.Row, TotalCounts.Account, TimeProvider.System.GetUtcNow());
            var rows = NormalizerInputs.Normalize(body.ToArray());
            slots.AddRange(rows.Runs.Select((run, n) => new SnapshotRun(rows.Rows.Slice(n, n + 1), RunColumns.Of(run!))));
        }

        var now = await gateway.Services.GetRequiredService<ILogStore>().GetTimeAsync();
        var roll = Roll.Unknown.Taking(new(0, slots, IsShort: true, now, Since: 0, Total: slots.Count));
        roll.IsComplete.ShouldBeTrue();
        var seed = SnapshotState.At(new(1, 1, 1), new(1, 1, 1), roll);
        (await gateway.Services.GetRequiredService<ISnapshotLog>().ReadAsync(seed)).ShouldNotBeNull();
    }

    private static void Churn(SimulatedRuns runs, Random random, int tick)
    {
        runs.Prepend(tick % 10 == 0 ? 1 : 0);
        for (var rename = 0; rename < 10; rename++)
        {
            runs.Rename(random.Next(50));
        }

        if (tick % 5 == 0)
        {
            runs.RemoveAt(random.Next(50));
        }
    }

    private static QueryCursor CursorOf(PageResponse page)
    {
        QueryCursor.TryParse(page.Link("next")!.Split("cursor=")[1], out var cursor).ShouldBeTrue();
        return cursor;
    }

    private static string With(PageResponse page, SnapshotVersion version) =>
        $"{page.Link("next")!.Split("cursor=")[0]}cursor={CursorOf(page) with { Version = version }}";

    private static string[] IdsNewestFirst(Roll roll) =>
    [
        .. roll.From(0).Select(entry => entry.Run.Columns)
            .OrderByDescending(run => run.CreatedAt).ThenBy(run => run.Id, StringComparer.Ordinal).Select(run => run.Id),
    ];
}
