using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Simulation;

/// <summary>Replicas that keep the snapshot of an account, in which a test lets one thing happen. Callers ask all the time.</summary>
internal sealed class SnapshotWorld
{
    private readonly Dictionary<SimulatedReplica, SnapshotState> _before = [];
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly Dictionary<string, SnapshotInvariants> _invariants = [];
    private long _lastArrival;

    public SnapshotWorld(
        int runs, int replicas = 1, bool isNewestFirst = true, (double From, double To)? latency = null, bool isAsked = true)
    {
        World = new World(runs);
        Account = new ModelAccount(World, runs, isNewestFirst);
        Nclue = new ModelNclue(World, blocks: 1, latency ?? (20, 300)) { Account = Account, Arrived = CheckBudget };
        Redis = new ModelRedis(World, () => new PacerModel());
        Options = new() { AccessKey = "a", SecretKey = "s", Timeout = TimeSpan.FromSeconds(10), ReplicaCount = replicas };
        for (var number = 0; number < replicas; number++)
        {
            Start(isAsked);
        }
    }

    public World World { get; }

    public ModelAccount Account { get; }

    public ModelNclue Nclue { get; }

    public ModelRedis Redis { get; }

    public NclueOptions Options { get; }

    public CacheOptions Cache { get; } = new();

    public SnapshotOptions Settings { get; } = new();

    public IReadOnlyList<SimulatedReplica> Replicas => _replicas;

    /// <summary>Number of windows that a pass over the whole list needs.</summary>
    public int Windows => (int)Math.Ceiling(
        (Account.Runs.Count - SnapshotPlan.Overlap) / (double)(TaskRunRows.Capacity - SnapshotPlan.Overlap));

    /// <summary>Starts another replica.</summary>
    /// <param name="isAsked">False if no caller asks it for the whole list.</param>
    /// <param name="logKey">Key of its log in Redis: releases that write other rows have logs of their own.</param>
    public SimulatedReplica Start(bool isAsked = true, string logKey = ModelRedis.UsualLog)
    {
        var replica = new SimulatedReplica(World, Redis, Nclue, Options, Cache, _replicas.Count, Settings, logKey: logKey);
        var invariants = _invariants.TryGetValue(logKey, out var known) ? known : _invariants[logKey] = new(World, Account);
        _replicas.Add(replica);
        _before[replica] = SnapshotState.Empty;
        replica.Snapshot!.Advanced += (_, _) =>
        {
            var state = replica.Snapshot.State;
            invariants.Check(_before[replica], state, replica.Versions!.Shown);
            _before[replica] = state;
        };
        if (isAsked)
        {
            Ask(replica);
        }

        return replica;
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time)
    {
        World.RunUntil(World.Now + time.Ticks);
        World.Failure.ShouldBeNull();
    }

    /// <summary>Lets a caller read a page of a replica, and returns the result.</summary>
    public ReadResult Read(SimulatedReplica replica, PageRequest page)
    {
        ReadResult? result = null;
        replica.Process.Run(() => _ = ReadAsync());
        Until(() => result is not null);
        return result!.Value;

        async Task ReadAsync() => result = await replica.Reader.ReadAsync(page, new("client", "caller"), CancellationToken.None);
    }

    /// <summary>Lets time pass until a condition holds, and returns how much.</summary>
    public TimeSpan Until(Func<bool> isSo)
    {
        var since = World.Now;
        while (!isSo())
        {
            Run(TimeSpan.FromMilliseconds(50));
            World.Since(since).ShouldBeLessThan(TimeSpan.FromHours(1));
        }

        return World.Since(since);
    }

    /// <summary>Lets time pass until all replicas show a complete list.</summary>
    public TimeSpan UntilWhole() => Until(() =>
        _replicas.TrueForAll(replica => !replica.Process.IsAlive || replica.Versions!.Shown is not null));

    /// <summary>Checks that all replicas show the account's list.</summary>
    public void CheckQuiet()
    {
        foreach (var replica in _replicas.Where(replica => replica.Process.IsAlive))
        {
            _invariants[ModelRedis.UsualLog].CheckQuiet(replica.Versions!.Shown?.State, $"{replica}");
        }

        World.Failure.ShouldBeNull();
    }

    private void Ask(SimulatedReplica replica)
    {
        replica.Process.Run(replica.Interest!.Ask);
        World.After(TimeSpan.FromSeconds(5), () => Ask(replica));
    }

    private void CheckBudget(ModelArrival arrival)
    {
        World.Check(
            _lastArrival == 0 || World.Since(_lastArrival) >= TimeSpan.FromSeconds(1),
            $"two arrivals were {World.Since(_lastArrival)} apart");
        _lastArrival = arrival.At;
    }
}
