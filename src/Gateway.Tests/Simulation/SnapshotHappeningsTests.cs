using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Simulation;

/// <summary>Events that break a copy of the list that trusts a single response.</summary>
public sealed class SnapshotHappeningsTests
{
    [Fact]
    public void An_empty_response_does_not_empty_the_snapshot()
    {
        var world = new SnapshotWorld(runs: 250);
        world.UntilWhole();
        var empty = 1;
        world.Nclue.Instead = number =>
            number == 0 && empty-- > 0 ? FetchResult.Success("{\"total\":0,\"runs\":[]}"u8.ToArray()) : null;

        world.Run(TimeSpan.FromMinutes(1));

        empty.ShouldBeLessThan(0);
        world.CheckQuiet();
    }

    [Fact]
    public void Two_runs_that_change_places_are_neither_lost_nor_doubled()
    {
        var world = new SnapshotWorld(runs: 250);
        world.UntilWhole();

        world.Account.Swap(20);
        world.Run(TimeSpan.FromMinutes(2));

        var shown = world.Replicas[0].Versions!.Shown!.State.Roll;
        shown.From(0).Select(entry => entry.Run.Id).Order().ShouldBe(world.Account.Runs.Select(run => run.Id).Order());
        shown.Traits.Order.ShouldNotBe(ListOrder.Unordered);
    }

    [Fact]
    public void A_list_whose_order_keeps_changing_counts_as_unordered_and_is_still_complete()
    {
        var world = new SnapshotWorld(runs: 250);
        world.Settings.SweepEvery = TimeSpan.FromMinutes(1);
        world.UntilWhole();

        for (var row = 0; row < 20; row++)
        {
            world.Account.Swap(row * 5);
            world.Run(TimeSpan.FromSeconds(11));
        }

        var replica = world.Replicas[0];
        replica.Snapshot!.Order.ShouldBe(ListOrder.Unordered);
        world.Account.Delete(world.Account.Runs[100]);
        var added = world.Account.Create(ModelRun.Finished);
        world.Run(TimeSpan.FromMinutes(5));
        replica.Versions!.Shown!.State.Roll.From(0).Select(entry => entry.Run.Id).Order()
            .ShouldBe(world.Account.Runs.Select(run => run.Id).Order());
        replica.Versions.Shown.State.Roll.Find([added.Id]).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_deletion_every_second_does_not_keep_the_first_sweep_from_ending(bool isNewestFirst)
    {
        var world = new SnapshotWorld(runs: 2_000, isNewestFirst: isNewestFirst);
        Delete();

        var built = world.UntilWhole();

        built.ShouldBeLessThan(world.Windows * world.Options.RequestInterval * 2);

        void Delete()
        {
            world.Account.Delete();
            world.World.After(TimeSpan.FromSeconds(1), Delete);
        }
    }

    [Theory]
    [InlineData(5)] // at the edge
    [InlineData(150)] // read again only by a sweep
    public void A_finished_run_that_is_corrected_is_shown_unfinished_and_then_finished_again(int row)
    {
        var world = new SnapshotWorld(runs: 250);
        world.Settings.SweepEvery = TimeSpan.FromMinutes(1);
        world.UntilWhole();
        var run = world.Account.Runs[row];
        bool IsFinished() => Shown(world, run)!.Run.IsFinished;

        run.Advance(1, world.World.Now);
        world.Until(() => !IsFinished()).ShouldBeLessThan(TimeSpan.FromSeconds(75));
        run.Advance(ModelRun.Finished, world.World.Now);

        world.Until(IsFinished).ShouldBeLessThan(TimeSpan.FromSeconds(15)); // an unfinished run is read again and again
        world.CheckQuiet();
    }

    [Fact]
    public void Sixty_runs_that_never_end_leave_time_for_new_ones()
    {
        var world = new SnapshotWorld(runs: 6_000);
        var stuck = world.Account.Runs.Index().Where(run => run.Index % 100 == 50).Select(run => run.Item).ToList();
        stuck.ForEach(run => run.Advance(1, world.World.Now));
        world.UntilWhole();

        var added = world.Account.Create(ModelRun.Finished);
        var age = world.Until(() => world.Replicas[0].Versions!.Shown!.State.Roll.Find([added.Id]).Count == 1);

        age.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Without_a_caller_who_asks_nothing_is_requested()
    {
        var world = new SnapshotWorld(runs: 250, replicas: 0);

        var replica = new SimulatedReplica(world.World, world.Redis, world.Nclue, world.Options, world.Cache, 0, world.Settings);
        world.Run(TimeSpan.FromMinutes(5));

        world.Nclue.Arrivals.ShouldBeEmpty();
        replica.Snapshot!.State.ShouldBe(SnapshotState.Empty);
    }

    private static RollEntry? Shown(SnapshotWorld world, ModelRun run)
    {
        var roll = world.Replicas[0].Versions!.Shown!.State.Roll;
        return roll.Find([run.Id]) is { Count: 1 } places ? roll.At(places[run.Id]) : null;
    }
}
