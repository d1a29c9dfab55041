using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.Replicas;
using NclueGateway.Tests.TaskRuns.Changes;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>What callers of pages and NCLUE see of the snapshot of one gateway.</summary>
public sealed class SnapshotFrontDoorTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1050);
    private static readonly Dictionary<string, string?> Warm = new() { ["Snapshot:Warm"] = "true" };

    [Fact]
    public async Task It_costs_no_request_before_a_caller_asks()
    {
        await using var gateway = await GatewayHost.StartAsync();

        for (var interval = 0; interval < 100; interval++)
        {
            gateway.AdvanceOneInterval();
            (await gateway.ReadinessAsync()).ShouldBe("200 Healthy");
        }

        gateway.Nclue.Arrivals.ShouldBeEmpty();
        gateway.AskForSnapshot();
        (await gateway.LetDepartUntilAsync(gateway.UntilShownAsync())).Roll.Count.ShouldBe(250);
        gateway.Nclue.Arrivals.ShouldNotBeEmpty();
    }

    [Fact]
    [Trait("Needs", "RealTime")]
    public async Task Without_Redis_the_list_is_whole_soon_after_a_caller_asks()
    {
        await using var gateway = await GatewayHost.StartAsync(new() { Runs = 600 }, realTime: true);
        var windows = 1 + Math.Ceiling((600 - 100) / 90.0); // each has ten rows of the one before

        gateway.AskForSnapshot();
        var asked = TimeProvider.System.GetTimestamp();
        var shown = await gateway.UntilShownAsync().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        TimeProvider.System.GetElapsedTime(asked).ShouldBeLessThan((1.25 * windows * Interval) + TimeSpan.FromSeconds(2));
        shown.Roll.Count.ShouldBe(600);
        gateway.Nclue.Arrivals.Skip(1).ShouldAllBe(arrival => arrival.SincePrevious >= TimeSpan.FromSeconds(1));
        gateway.Nclue.Arrivals.ShouldAllBe(arrival => arrival.Status == 200);
    }

    /// <summary>Else a reader who names the version would be told that it is no longer kept.</summary>
    [Fact]
    public async Task A_version_can_be_read_as_soon_as_its_state_is_seen()
    {
        await using var gateway = await QueryHosts.StartCompleteAsync([ChangeHosts.Run("a")], ("Cache:FreshFor", "00:00:01"));
        var (writer, versions) = (gateway.Snapshot(), gateway.Services.GetRequiredService<SnapshotVersions>());
        var (isOver, missed) = (false, new HashSet<SnapshotVersion>());
        var watching = Task.Factory.StartNew(
            Watch, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        for (var number = 0; number < 40; number++)
        {
            await gateway.ChangeListAsync([ChangeHosts.Run($"run-{number}")]);
        }

        Volatile.Write(ref isOver, true);
        await watching;
        missed.ShouldBeEmpty();

        void Watch()
        {
            while (!Volatile.Read(ref isOver))
            {
                var seen = SnapshotVersion.Of(writer.State.Version);
                if (versions.Find(seen) is null)
                {
                    missed.Add(seen);
                }
            }
        }
    }

    [Fact]
    public async Task Pages_are_the_same_byte_for_byte()
    {
        await using var without = await GatewayHost.StartAsync();
        await using var with = await GatewayHost.StartAsync(settings: Warm);
        await with.LetDepartUntilAsync(with.UntilShownAsync());

        foreach (var (index, limit) in new[] { (0, 20), (50, 100), (90, 20), (240, 100), (249, 1), (300, 20) })
        {
            var (expected, page) = (await without.ReadPatientlyAsync(index, limit), await with.ReadPatientlyAsync(index, limit));

            page.Text.ShouldBe(expected.Text);
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Headers.Keys.ShouldBe(expected.Headers.Keys, ignoreOrder: true);
            foreach (var header in expected.Headers.Keys.Except(["Age", "Cache-Status", "Date", "RateLimit"]))
            {
                page.Headers[header].ShouldBe(expected.Headers[header], header);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_whose_blocks_do_not_fit_together_has_the_older_one_requested_at_once(bool isOn)
    {
        var settings = new Dictionary<string, string?> { ["Cache:FreshFor"] = "00:01:00" };
        await using var gateway = await GatewayHost.StartAsync(
            new() { Frozen = true, Runs = 250, TotalCounts = TotalCounts.Absent }, settings);
        if (isOn)
        {
            gateway.AskForSnapshot();
            await gateway.LetDepartUntilAsync(gateway.UntilShownAsync());
        }

        await gateway.ReadPatientlyAsync();
        gateway.Nclue.Runs.RemoveFirst(1);
        await gateway.ReadPatientlyAsync(100);
        var before = gateway.Nclue.Arrivals.Count;

        var torn = await gateway.ReadAsync(90);
        for (var interval = 0; interval < 5; interval++)
        {
            gateway.AdvanceOneInterval();
            await gateway.ReadinessAsync();
            await gateway.UntilNoneInFlightAsync();
        }

        torn.Runs.ShouldNotContain(100); // it stands between the two blocks
        if (isOn)
        {
            await gateway.Nclue.WaitForArrivalsAsync(before + 1, TestContext.Current.CancellationToken);
            gateway.Nclue.Arrivals[before].Index.ShouldBe(0);
            await gateway.ReadUntilAsync(page => page.Runs.SequenceEqual(Enumerable.Range(91, 20)), 90);
        }
        else
        {
            gateway.Nclue.Arrivals.Count.ShouldBe(before);
        }
    }
}
