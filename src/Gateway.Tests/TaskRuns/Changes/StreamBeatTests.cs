using System.Net;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>The requests to NCLUE while callers listen, by the real clock.</summary>
[Trait("Needs", "RealTime")]
public sealed class StreamBeatTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_list_is_read_at_the_beat_while_one_listens_and_waiting_readers_come_first()
    {
        var settings = QueryHosts.Settings(("Cache:FreshFor", "00:01:00"), ("Changes:Every", "00:00:01"));
        await using var gateway = await GatewayHost.StartAsync(new() { Frozen = true, Runs = 250 }, settings, realTime: true);
        gateway.AskForSnapshot();
        await gateway.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        using var client = gateway.CreateFastClient();

        var silent = await CountAsync(4 * Second);
        int listened;
        TimeSpan waited;
        await using (var reader = await EventReader.OpenAsync(client))
        {
            await reader.NextAsync("bookmark");
            listened = await CountAsync(8 * Second);
            var asked = TimeProvider.System.GetTimestamp();
            (await gateway.ReadAsync(220)).Status.ShouldBe(HttpStatusCode.OK);
            waited = TimeProvider.System.GetElapsedTime(asked);
        }

        await gateway.UntilOpenAsync(0);
        var after = await CountAsync(4 * Second);

        TestContext.Current.TestOutputHelper!.WriteLine($"{silent}, {listened}, {after} requests; the reader waited {waited}");
        silent.ShouldBeLessThanOrEqualTo(1);
        listened.ShouldBeInRange(5, 8);
        after.ShouldBeLessThanOrEqualTo(1);
        waited.ShouldBeLessThan(2.5 * Second); // one request that has departed, and then its own
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= Second);

        async Task<int> CountAsync(TimeSpan time)
        {
            var before = gateway.Nclue.Arrivals.Count;
            await Task.Delay(time, TimeProvider.System, Ct);
            return gateway.Nclue.Arrivals.Count - before;
        }
    }
}
