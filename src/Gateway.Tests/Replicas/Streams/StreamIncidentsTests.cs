namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// Three gateway processes whose Redis does not reply, whose upstream is down, or one of which is killed, while the list changes and
/// readers follow it.
/// </summary>
[Trait("Needs", "RealTime")]
[Collection("Alone")] // each needs both cores
public sealed class StreamIncidentsTests
{
    private const string Down = "NCLUE is down";
    private const string Silent = "Redis does not reply";
    private const string Killed = "a replica is killed";
    private const string Emptied = "Redis is restarted without data";

    /// <summary>Time in which readers have the truth again: a fallback to an own schedule ends, and what has changed is read.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task Streams_stay_open_and_nothing_is_lost() => FollowAsync(followers: 90, seconds: 3, Down, Silent, Killed);

    /// <summary>Each incident for half a minute, with 300 streams, and a Redis that loses all data.</summary>
    [Theory(Explicit = true)]
    [InlineData(Down)]
    [InlineData(Silent)]
    [InlineData(Killed)]
    [InlineData(Emptied)]
    public Task Streams_stay_open_for_half_a_minute(string incident) => FollowAsync(followers: 300, seconds: 30, incident);

    private static async Task FollowAsync(int followers, int seconds, params string[] incidents)
    {
        await using var cluster = await StreamCluster.StartAsync(replicas: 3);
        await using var crowd = new FollowerCrowd(cluster, followers, cutAfter: TimeSpan.FromSeconds(10));
        await ReplicaSettings.EventuallyAsync(() => Task.FromResult(crowd.Open), open => open > followers * 9 / 10);
        foreach (var incident in incidents)
        {
            var (lost, resets) = (crowd.Lost, crowd.Resets);
            await LetItHappenAsync(cluster, crowd, incident, TimeSpan.FromSeconds(seconds));

            (crowd.Lost - lost).ShouldBeInRange(incident == Killed ? 1 : 0, incident == Killed ? followers : 0); // streams that broke
            (crowd.Resets - resets).ShouldBeInRange(0, incident == Emptied ? 3 * followers : 0);
        }

        await crowd.StopAsync();
        crowd.Violations.ShouldBeEmpty();
        crowd.Ends.ShouldBeEmpty();
        cluster.ShouldKeepToTheRate();
    }

    private static async Task LetItHappenAsync(StreamCluster cluster, FollowerCrowd crowd, string incident, TimeSpan duration)
    {
        await (incident switch
        {
            Down => cluster.Nclue.PauseAsync(Ct),
            Silent => cluster.Redis.SignalAsync("STOP"),
            Killed => cluster.KillAsync(0),
            _ => cluster.Redis.StopAsync(),
        });
        var began = TimeProvider.System.GetUtcNow();
        await cluster.List.ChurnAsync(duration, Ct);
        var (open, bookmarks) = (crowd.Open, crowd.Bookmarks.ToArray());
        await (incident switch
        {
            Down => cluster.Nclue.ResumeAsync(Ct),
            Silent => cluster.Redis.SignalAsync("CONT"),
            Killed => cluster.StartAgainAsync(0),
            _ => cluster.Redis.StartAsync(),
        });
        var needed = await crowd.HaveAsync(cluster.List.Expected(), Patience);
        var age = began + duration - bookmarks.Min(bookmark => bookmark.AsOf);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{incident}: {open} are open, the oldest bookmark is {age.TotalSeconds:0.0} s old, "
            + $"all have the list {needed.TotalSeconds:0.0} s after the end; {crowd}");

        open.ShouldBeGreaterThan(bookmarks.Length * 3 / 4); // the others are going from one replica to another
        if (incident != Killed)
        {
            bookmarks.ShouldAllBe(bookmark => bookmark.AsOf < began + TimeSpan.FromSeconds(2)); // the list has not become newer
        }

        var heartbeat = TimeSpan.FromSeconds(17); // the gateway's 15 s, and a busy machine
        bookmarks.ShouldAllBe(bookmark => bookmark.ReceivedAt > began + duration - heartbeat);
    }
}
