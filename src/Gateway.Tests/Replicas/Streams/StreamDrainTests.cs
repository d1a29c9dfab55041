using System.Net;
using System.Text.RegularExpressions;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>SIGTERM to a gateway process that has a thousand streams.</summary>
[Trait("Needs", "RealTime")]
[Collection("Alone")] // each needs both cores
public sealed class StreamDrainTests
{
    private const int Followers = 1_000;
    private const int DrainSeconds = 5;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_streams_end_spread_over_the_drain_delay_and_go_on_elsewhere_and_the_process_exits_with_0()
    {
        await using var cluster = await StreamCluster.StartAsync(2, ("Operations:DrainDelay", $"00:00:0{DrainSeconds}"));
        var (stopped, other) = (cluster.Replicas[0]!, cluster.Replicas[1]);
        cluster.Serving = [stopped];
        await using var crowd = new FollowerCrowd(cluster, Followers, cutAfter: TimeSpan.Zero);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stopped.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", cluster.TokenOf("poller"));
        await ReplicaSettings.EventuallyAsync(() => Task.FromResult(crowd.Open), open => open == Followers);
        using var now = await client.GetAsync("/api/task-runs/changes", Ct);
        var next = Regex.Match(now.Headers.GetValues("Link").Single(), "<([^>]*)>").Groups[1].Value;
        var waiting = client.GetAsync($"{next}&wait=25", Ct);

        var began = TimeProvider.System.GetTimestamp();
        var stopping = stopped.StopAsync();
        cluster.Serving = [other]; // as a load balancer does that has noticed
        await ReplicaSettings.EventuallyAsync(ReadyAsync, status => status == HttpStatusCode.ServiceUnavailable);
        await cluster.List.ChurnAsync(TimeSpan.FromSeconds(2), Ct);
        await stopping;
        var needed = TimeProvider.System.GetElapsedTime(began);
        await crowd.HaveAsync(cluster.List.Expected(), TimeSpan.FromSeconds(30));

        stopped.ExitCode.ShouldBe(0);
        needed.ShouldBeLessThan(TimeSpan.FromSeconds(30)); // the grace of Kubernetes
        var bySecond = crowd.Ends.CountBy(end => (int)TimeProvider.System.GetElapsedTime(began, end.At).TotalSeconds)
            .OrderBy(second => second.Key).ToArray();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"It exited after {needed.TotalSeconds:0.0} s; ends by second: {string.Join(", ", bySecond)}; {crowd}");
        crowd.Ends.Count.ShouldBe(Followers);
        crowd.Ends.ShouldAllBe(end => end.Reason == "drain");
        bySecond.Count(second => second.Value >= Followers / DrainSeconds / 3).ShouldBeGreaterThanOrEqualTo(3);
        (crowd.Lost, crowd.Resets).ShouldBe((0, 0));
        crowd.Violations.ShouldBeEmpty();
        using var polled = await waiting;
        polled.StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> ReadyAsync()
        {
            using var response = await client.GetAsync("/health/ready", Ct);
            return response.StatusCode;
        }
    }
}
