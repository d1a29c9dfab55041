namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// Streams over three gateway processes on one Redis, while the list changes: each is cut at random and taken up on another replica.
/// </summary>
[Trait("Needs", "RealTime")]
[Collection("Alone")] // each needs both cores
public sealed class SharedStreamsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task Each_stream_of_300_that_are_cut_and_taken_up_elsewhere_leads_to_the_truth_without_gap_or_repeat() =>
        FollowAsync(followers: 300, seconds: 8, cutAfter: 3);

    /// <summary>The same with 2,000 streams for a minute.</summary>
    [Fact(Explicit = true)]
    public Task Each_stream_of_2000_leads_to_the_truth() => FollowAsync(followers: 2_000, seconds: 60, cutAfter: 20);

    private static async Task FollowAsync(int followers, int seconds, int cutAfter)
    {
        await using var cluster = await StreamCluster.StartAsync(replicas: 3);
        await using var crowd = new FollowerCrowd(cluster, followers, TimeSpan.FromSeconds(cutAfter));

        await cluster.List.ChurnAsync(TimeSpan.FromSeconds(seconds), Ct);
        var needed = await crowd.HaveAsync(cluster.List.Expected(), TimeSpan.FromSeconds(60));
        await crowd.StopAsync();

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{crowd}; the last had the list {needed.TotalSeconds:0.0} s after the last change");
        crowd.Violations.ShouldBeEmpty();
        crowd.Lost.ShouldBe(0);
        crowd.Opened.ShouldBeGreaterThan(2 * followers);
        (100 * crowd.Resets).ShouldBeLessThan(crowd.Opened);
        (100 * crowd.Waits).ShouldBeLessThan(crowd.Opened);
        cluster.ShouldKeepToTheRate();
    }
}
