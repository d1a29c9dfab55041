using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// The time until the snapshot shows a new run, a change of a state and a deletion, by the fake clock. Run by hand: it prints the figures
/// of <c>bench/RESULTS.md</c>.
/// </summary>
public sealed class DetectionAgeTests
{
    private const int Unfinished = 5;
    private const int Trials = 60;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(300);

    [Theory(Explicit = true)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public void Changes_are_detected_within_the_bounds(int runs)
    {
        var world = new SnapshotWorld(runs, latency: (20, Latency.TotalMilliseconds));
        var (account, random) = (world.Account, world.World.Random);
        var replica = world.Replicas[0];
        var built = world.UntilWhole();
        var windows = world.Windows;
        var interval = world.Options.RequestInterval;
        var least = windows * interval;
        Print($"{runs} runs: whole after {built.TotalSeconds:0.0} s; {windows} windows x interval = {least.TotalSeconds:0.0} s");
        built.ShouldBeLessThan((least * 1.25) + TimeSpan.FromSeconds(2));

        var live = Enumerable.Range(0, Unfinished).Select(_ => account.Create(0)).ToList();
        world.Run(TimeSpan.FromMinutes(2));
        bool IsShown(ModelRun run) => Find(replica, run) is { } entry && entry.Run.Columns.FoldedName() == run.Version;

        var beat = world.Cache.FreshFor;
        var aNew = beat + interval + Latency;
        Measure("new run", aNew, () => account.Create(ModelRun.Finished), IsShown);
        var aChange = TimeSpan.FromTicks(Math.Max(beat.Ticks, (Unfinished * interval).Ticks)) + interval + Latency;
        Measure("change", aChange, () => Advance(live[random.Next(Unfinished)]), IsShown);
        var aDeletion = beat + (windows * interval) + Latency;
        Measure("deletion", aDeletion, Delete, run => Find(replica, run) is null);

        ModelRun Advance(ModelRun run)
        {
            run.Advance(1 + ((run.State + 1) % 2), world.World.Now);
            return run;
        }

        ModelRun Delete()
        {
            var run = account.Runs[10 + random.Next(account.Runs.Count - 10)];
            account.Delete(run);
            return run;
        }

        void Measure(string what, TimeSpan bound, Func<ModelRun> change, Func<ModelRun, bool> isShown)
        {
            var ages = new List<TimeSpan>();
            for (var trial = 0; trial < Trials; trial++)
            {
                world.Run(world.World.Between(20_000, 40_000));
                var run = change();
                ages.Add(world.Until(() => isShown(run)));
            }

            ages.Sort();
            var (p50, p95) = (ages[Trials / 2], ages[(int)(Trials * 0.95)]);
            Print($"{runs} runs, {what}: p50 {p50.TotalSeconds:0.0} s, p95 {p95.TotalSeconds:0.0} s, bound {bound.TotalSeconds:0.0} s");
            p95.ShouldBeLessThanOrEqualTo(bound * 1.2);
        }
    }

    private static RollEntry? Find(SimulatedReplica replica, ModelRun run)
    {
        var roll = replica.Versions!.Shown!.State.Roll;
        return roll.Find([run.Id]) is { Count: 1 } places ? roll.At(places[run.Id]) : null;
    }

    private static void Print(FormattableString line) =>
        TestContext.Current.TestOutputHelper!.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
