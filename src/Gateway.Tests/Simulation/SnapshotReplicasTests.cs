using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Snapshot.Log;

namespace NclueGateway.Tests.Simulation;

/// <summary>Events that happen to replicas with one log, and to their Redis.</summary>
public sealed class SnapshotReplicasTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(-5)]
    public void After_a_failover_that_loses_entries_all_replicas_agree_on_the_whole_list(int clockStep)
    {
        var world = new SnapshotWorld(runs: 250, replicas: 3);
        world.UntilWhole();
        world.Run(TimeSpan.FromSeconds(20));
        var (epoch, copy) = (world.Replicas[0].Snapshot!.State.Top.Epoch, world.Redis.Log.Copy());
        Change(world);
        world.Run(TimeSpan.FromSeconds(20));

        world.Redis.Log.Restore(copy);
        world.Redis.ClockOffset += TimeSpan.FromSeconds(clockStep);
        world.Redis.CutOff(world.Replicas[2].Process);
        Change(world);
        world.Run(TimeSpan.FromSeconds(20));
        world.Redis.Reconnect(world.Replicas[2].Process);
        Change(world);
        world.Run(TimeSpan.FromMinutes(1));

        world.CheckQuiet();
        EpochOf(world).ShouldBeGreaterThan(epoch);
    }

    [Fact]
    public void After_a_failover_that_loses_entries_a_list_without_any_run_of_before_is_taken_in()
    {
        var world = new SnapshotWorld(runs: 20, replicas: 2);
        world.UntilWhole();
        var copy = world.Redis.Log.Copy();
        Change(world);
        world.Run(TimeSpan.FromSeconds(20));

        world.Redis.Log.Restore(copy);
        while (world.Account.Runs.Count > 0)
        {
            world.Account.Delete(world.Account.Runs[0]);
        }

        world.Account.Create(ModelRun.Finished);
        world.Run(TimeSpan.FromSeconds(30));

        world.CheckQuiet();
    }

    [Fact]
    public void A_response_to_a_request_from_before_a_failover_is_not_taken_in()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 2, latency: (3_000, 3_200));
        world.UntilWhole();
        var copy = world.Redis.Log.Copy();
        world.Run(TimeSpan.FromSeconds(30));
        world.Nclue.Arrivals[^1].At.ShouldBeGreaterThan(world.World.Now - TimeSpan.FromSeconds(10).Ticks);

        world.Redis.Log.Restore(copy);
        world.Run(TimeSpan.FromMinutes(1));

        // The checkpoint with which the epoch begins has no entry: entries that are left are of this epoch.
        var log = world.Redis.Log;
        var head = new LogHead(log.Get(LogHead.Names));
        var first = head.Checkpoints[^1].Top.Number;
        var entries = log.Fields.Where(field => char.IsAsciiDigit(field.Key[0]) && !field.Key.Contains(':')).ToList();
        entries.ShouldNotBeEmpty();
        entries.ShouldAllBe(entry => SinceOf(entry.Value) >= first);
        head.Position!.Value.Epoch.ShouldBe(EpochOf(world));
    }

    [Fact]
    public void A_log_that_is_emptied_is_written_again_and_no_version_is_lost()
    {
        var world = new SnapshotWorld(runs: 2_000, replicas: 3);
        world.UntilWhole();

        world.Redis.Log.Restore(new Dictionary<string, byte[]>());
        var requests = world.Nclue.Arrivals.Count;
        Change(world);
        world.Run(TimeSpan.FromSeconds(20));

        world.CheckQuiet();
        EpochOf(world).ShouldBe(new LogHead(world.Redis.Log.Get(LogHead.Names)).Position!.Value.Epoch);
        (world.Nclue.Arrivals.Count - requests).ShouldBeLessThan(world.Windows); // nothing is read again
    }

    [Fact]
    public void A_pacer_that_is_emptied_leaves_the_log()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 3);
        world.UntilWhole();
        var epoch = EpochOf(world);

        world.Redis.EmptyPacer();
        Change(world);
        world.Run(TimeSpan.FromSeconds(30));

        world.CheckQuiet();
        EpochOf(world).ShouldBe(epoch);
    }

    [Fact]
    public void A_log_that_cannot_be_written_holds_the_snapshot_and_nothing_else()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 2);
        world.UntilWhole();
        var replica = world.Replicas[0];
        var (top, requests) = (replica.Snapshot!.State.Top, world.Nclue.Arrivals.Count);

        world.Redis.RefusesLog = true;
        var added = world.Account.Create(ModelRun.Finished);
        for (var second = 0; second < 40; second++)
        {
            world.Run(TimeSpan.FromSeconds(1));
            world.Read(replica, new(0, 20)).Refusal.ShouldBeNull();
        }

        world.Read(replica, new(0, 20)).Age.ShouldBeLessThan(world.Cache.FreshFor + (3 * world.Options.RequestInterval));
        replica.Snapshot.State.Top.ShouldBe(top);
        replica.Snapshot.Status.Age!.Value.ShouldBeGreaterThan(TimeSpan.FromSeconds(40));
        (world.Nclue.Arrivals.Count - requests).ShouldBeGreaterThan(3);

        world.Redis.RefusesLog = false;
        world.Until(() => replica.Versions!.Shown!.State.Roll.Find([added.Id]).Count == 1).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        world.Run(TimeSpan.FromSeconds(5));
        world.CheckQuiet();
    }

    [Fact]
    public void Two_releases_with_other_rows_each_keep_a_whole_list_within_one_budget()
    {
        var world = new SnapshotWorld(runs: 600, replicas: 2);
        world.UntilWhole();

        world.Start(logKey: "log of the next release");
        world.Start(logKey: "log of the next release");
        var built = world.UntilWhole();
        Change(world);
        world.Run(TimeSpan.FromMinutes(1));

        built.ShouldBeLessThan(world.Windows * world.Options.RequestInterval * 4);
        world.CheckQuiet();
        world.Redis.LogOf("log of the next release").Fields.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_replica_that_stood_still_for_an_hour_catches_up_at_once()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 2);
        world.UntilWhole();
        var still = world.Replicas[1];

        still.Process.StandStill(TimeSpan.FromHours(1));
        for (var minute = 0; minute < 60; minute++)
        {
            Change(world);
            world.Run(TimeSpan.FromMinutes(1));
        }

        world.Run(TimeSpan.FromSeconds(3));
        world.CheckQuiet();
        still.Snapshot!.State.Top.Epoch.ShouldBe(world.Replicas[0].Snapshot!.State.Top.Epoch);
    }

    [Fact]
    public void Two_replicas_whose_appends_race_lose_no_response()
    {
        var world = new SnapshotWorld(runs: 600, replicas: 2, latency: (20, 3_300));
        world.Redis.Latency = (35, 40);
        world.UntilWhole();
        var (top, responses, races) = (world.Replicas[0].Snapshot!.State.Top.Number, world.Nclue.Arrivals.Count, world.Redis.LostRaces);

        for (var minute = 0; minute < 40; minute++)
        {
            Change(world);
            world.Run(TimeSpan.FromMinutes(1));
        }

        (world.Redis.LostRaces - races).ShouldBeGreaterThan(15);
        var taken = world.Replicas[0].Snapshot!.State.Top.Number - top;
        taken.ShouldBeInRange(world.Nclue.Arrivals.Count - responses - 6, world.Nclue.Arrivals.Count - responses + 6); // in flight
        world.Run(TimeSpan.FromMinutes(1));
        world.CheckQuiet();
    }

    [Fact]
    public void What_a_replica_appended_before_it_crashed_is_not_lost()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 2);
        world.UntilWhole();
        var added = world.Account.Create(ModelRun.Finished);
        SimulatedReplica? survivor = null;
        world.Redis.Appended = process =>
        {
            if (survivor is null && process == world.Nclue.Arrivals[^1].Process && world.Nclue.Arrivals[^1].Block == 0)
            {
                survivor = world.Replicas.Single(replica => replica.Process != process);
                process.Kill();
            }
        };

        world.Until(() => survivor is not null);
        var requests = world.Nclue.Arrivals.Count;
        world.Until(() => survivor!.Versions!.Shown!.State.Roll.Find([added.Id]).Count == 1);
        world.Nclue.Arrivals.Count.ShouldBe(requests);

        world.Account.Create(ModelRun.Finished);
        world.Run(TimeSpan.FromSeconds(30));
        world.CheckQuiet();
    }

    [Fact]
    public void Readers_who_wait_are_served_before_a_sweep_which_still_ends()
    {
        var world = new SnapshotWorld(runs: 3_000, replicas: 0);
        world.Cache.WaitFor = TimeSpan.FromMinutes(1);
        var sweeper = world.Start();
        var others = Enumerable.Range(0, 3).Select(_ => world.Start(isAsked: false)).ToList();
        world.Run(TimeSpan.FromSeconds(6));
        var since = world.World.Now;
        var waits = new List<TimeSpan>();
        for (var number = 0; number < 12; number++)
        {
            var (replica, block) = (others[number % 3], 10 + number);
            replica.Process.Run(() => _ = ReadAsync(replica, block));
        }

        world.Until(() => waits.Count == 12);
        world.Until(() => sweeper.Versions!.Shown is not null)
            .ShouldBeLessThan(world.Windows * world.Options.RequestInterval * 1.5);

        foreach (var (index, wait) in waits.Index())
        {
            var departures = index + 1 + ((index + 1 + 2) / 3) + 1; // one may be under way
            wait.ShouldBeLessThan((departures * world.Options.RequestInterval) + TimeSpan.FromSeconds(0.5), $"reader {index + 1}");
        }

        async Task ReadAsync(SimulatedReplica replica, int block)
        {
            var reading = await replica.Reader.ReadAsync(
                new PageRequest(TaskRunRows.Capacity * block, 20), new("client", $"caller of {block}"), CancellationToken.None);
            reading.Refusal.ShouldBeNull();
            waits.Add(world.World.Since(since));
        }
    }

    [Fact]
    public void A_replica_that_starts_takes_the_list_from_the_log_without_a_request()
    {
        var world = new SnapshotWorld(runs: 5_000, replicas: 2);
        world.UntilWhole();

        var started = world.Start();
        var built = world.UntilWhole();

        built.ShouldBeLessThan(TimeSpan.FromSeconds(3));
        world.Nclue.Arrivals.ShouldNotContain(arrival => arrival.Process == started.Process);
        world.CheckQuiet();
    }

    private static void Change(SnapshotWorld world)
    {
        world.Account.Create(ModelRun.Finished);
        world.Account.Delete(world.Account.Runs[world.Account.Runs.Count / 2]);
    }

    private static long EpochOf(SnapshotWorld world) =>
        world.Replicas.Select(replica => replica.Snapshot!.State.Top.Epoch).Distinct().ShouldHaveSingleItem();

    private static long SinceOf(byte[] entry)
    {
        LogEntryFormat.TryRead(entry, out var read).ShouldBeTrue();
        return read!.Reading.Since;
    }
}
