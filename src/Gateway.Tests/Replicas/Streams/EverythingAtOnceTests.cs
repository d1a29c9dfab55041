namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// A minute of readers, queries and streams on three replicas, during which NCLUE is down for a while, all replicas are replaced one after
/// the other, and Redis is restarted without data.
/// </summary>
[Trait("Needs", "RealTime")]
[Collection("Alone")] // it needs both cores
public sealed class EverythingAtOnceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task No_read_is_lost_no_age_is_understated_and_the_rate_is_kept()
    {
        const int streams = 500;
        await using var cluster = await StreamCluster.StartAsync(replicas: 3);
        await using var crowd = new FollowerCrowd(cluster, streams, cutAfter: TimeSpan.Zero);
        await ReplicaSettings.EventuallyAsync(() => Task.FromResult(crowd.Open), open => open == streams);
        await using var readers = new SteadyReaders(cluster, "reader", 200, "/api/task-runs?index=0&limit=20");
        await using var queries = new SteadyReaders(cluster, "asker", 200, "/api/task-runs?status=in_progress&limit=20");

        var churning = cluster.List.ChurnAsync(TimeSpan.FromSeconds(60), Ct);
        await PassAsync(8);
        await cluster.Nclue.PauseAsync(Ct);
        await PassAsync(8);
        await cluster.Nclue.ResumeAsync(Ct);
        await PassAsync(5);
        for (var place = 0; place < 3; place++)
        {
            await cluster.ReplaceAsync(place);
        }

        await cluster.Redis.StopAsync();
        await PassAsync(5);
        await cluster.Redis.StartAsync();
        await churning;
        await Task.WhenAll(readers.StopAsync(), queries.StopAsync());
        var needed = await crowd.HaveAsync(cluster.List.Expected(), TimeSpan.FromSeconds(60));
        await crowd.StopAsync();

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{readers.Reads} reads (age at most {readers.OldestAge} s), {queries.Reads} queries (at most {queries.OldestAge} s); {crowd}; "
            + $"all streams had the list {needed.TotalSeconds:0.0} s after the last change");
        readers.Lost.Concat(queries.Lost).ShouldBeEmpty();
        readers.Understated.Concat(queries.Understated).ShouldBeEmpty();
        Math.Min(readers.Reads, queries.Reads).ShouldBeGreaterThan(200 * 50);
        crowd.Lost.ShouldBe(0);
        crowd.Violations.ShouldBeEmpty();
        cluster.ShouldKeepToTheRate();

        static Task PassAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, Ct);
    }
}
