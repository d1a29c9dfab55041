using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Simulation;

/// <summary>The snapshot in a <see cref="RandomSchedule"/>: callers that ask for it, and its invariants.</summary>
internal sealed class SnapshotSimulation(RandomSchedule schedule, SnapshotBug? bug = null)
{
    private readonly Dictionary<SimulatedReplica, SnapshotState> _before = [];
    private readonly SnapshotInvariants _invariants = new(schedule.World, schedule.Nclue.Account!);

    /// <summary>The bug that is planted; null for none.</summary>
    public SnapshotBug? Bug => bug;

    public SnapshotOptions Settings { get; } = new()
    {
        SweepEvery = TimeSpan.FromSeconds(schedule.World.Random.Next(10, 30)),
        CursorsFor = TimeSpan.FromSeconds(schedule.World.Random.Next(10, 60)),
    };

    private World World => schedule.World;

    /// <summary>Checks the states that a replica publishes, and asks it for the list now and then.</summary>
    public void Watch(SimulatedReplica replica)
    {
        _before[replica] = SnapshotState.Empty;
        replica.Snapshot!.Advanced += (_, _) =>
        {
            var state = replica.Snapshot.State;
            var gaps = state.Roll.IsComplete ? "" : ", incomplete";
            World.Note($"{replica.Process.GetHashCode()} has {state.Top}, {state.Roll.Count} runs{gaps}");
            _invariants.Check(_before[replica], state, replica.Versions!.Shown);
            _before[replica] = state;
        };
        World.After(World.Between(0, 5_000), () => Ask(replica));
    }

    /// <summary>Leaves the account as it is, and checks that all replicas show it after a sweep.</summary>
    public void Settle()
    {
        schedule.Nclue.Account!.Settle();
        World.RunUntil(World.Now + (2 * Settings.SweepEvery).Ticks + TimeSpan.FromSeconds(45).Ticks);
        foreach (var replica in schedule.Alive.Where(replica => !replica.IsStopping && World.Failure is null))
        {
            _invariants.CheckQuiet(replica.Versions!.Shown?.State, $"{replica}");
        }
    }

    private void Ask(SimulatedReplica replica)
    {
        replica.Process.Run(replica.Interest!.Ask);
        World.After(World.Between(1_000, 90_000), () => Ask(replica));
    }
}
