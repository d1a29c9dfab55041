using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// One random schedule: replicas, callers, an upstream and Redis. For a while there are faults, and then none. All
/// random decisions derive from the seed, so a failure can be repeated.
/// </summary>
internal sealed class RandomSchedule
{
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly Dictionary<SimulatedProcess, SimulatedReplica> _ofProcess = [];
    private readonly Dictionary<SimulatedReplica, (long Since, bool? IsReachable)> _reach = [];
    private readonly Dictionary<SimulatedReplica, long> _frozenUntil = [];
    private readonly HashSet<SimulatedReplica> _missedClock = [];
    private readonly List<Caller> _callers = [];
    private readonly Faults _faults;
    private long? _evenSince = 0;
    private int _started;

    /// <param name="seed">The seed of all random decisions.</param>
    /// <param name="isHealthy">True for a schedule without faults and with long waits.</param>
    /// <param name="pacer">The model of the script in Redis; a test can plant a bug in it.</param>
    /// <param name="hasList">True for an account that changes, of which replicas keep a snapshot.</param>
    /// <param name="bug">A bug that is planted in the snapshot of each replica.</param>
    public RandomSchedule(int seed, bool isHealthy = false, Func<PacerModel>? pacer = null, bool hasList = false, SnapshotBug? bug = null)
    {
        Seed = seed;
        IsHealthy = isHealthy;
        World = new World(seed);
        var random = World.Random;
        var replicas = 1 + random.Next(4);
        Options = new NclueOptions
        {
            ReplicaCount = replicas + 1,
            Timeout = TimeSpan.FromSeconds(random.Next(5, 11)),
            AccessKey = "a",
            SecretKey = "s",
        };
        Cache = new CacheOptions
        {
            ServeStaleFor = TimeSpan.FromSeconds(random.Next(0, 40)),
            WaitFor = TimeSpan.FromSeconds(isHealthy ? 60 : random.Next(0, 8)),
            SoftWait = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(500),
            InterestFor = TimeSpan.FromSeconds(random.Next(20, 60)),
        };
        Cache.KeepFor = Cache.FreshFor + Cache.ServeStaleFor + TimeSpan.FromSeconds(random.Next(1, 120));
        var delay = random.Next(isHealthy ? 2 : 4) == 0 ? 3_000 : 20; // slower than the interval, or not
        var slowest = bug is { NeedsOvertaking: true } ? 5_000 : delay + 280;
        Nclue = new ModelNclue(World, blocks: 1 + random.Next(6), (delay, slowest))
        {
            Arrived = arrival => Invariants!.Check(arrival),
            Account = hasList ? new ModelAccount(World) : null,
        };
        List = hasList ? new SnapshotSimulation(this, bug) : null;
        Redis = new ModelRedis(World, () => pacer?.Invoke() ?? new PacerModel()) { Ran = Note };
        Invariants = new Invariants(this);
        SpansBlocks = !isHealthy;
        CallerCount = replicas + random.Next(6);
        _faults = new Faults(this);
        for (var i = 0; i < replicas; i++)
        {
            // All at the same moment, or one after another.
            World.After(random.Next(2) == 0 ? TimeSpan.Zero : World.Between(0, 4_000), StartReplica);
        }

        for (var i = 0; i < CallerCount; i++)
        {
            var caller = new Caller(this, i);
            _callers.Add(caller);
            World.After(World.Between(0, 3_000), caller.Read);
        }
    }

    public int Seed { get; }

    public bool IsHealthy { get; }

    public World World { get; }

    public ModelRedis Redis { get; }

    public ModelNclue Nclue { get; }

    public NclueOptions Options { get; }

    public CacheOptions Cache { get; }

    public Invariants Invariants { get; }

    /// <summary>The snapshot of an account that changes; null for blocks that never change.</summary>
    public SnapshotSimulation? List { get; }

    public int CallerCount { get; }

    public bool SpansBlocks { get; }

    /// <summary>True if Redis' clock is set while the schedule runs.</summary>
    public bool ClockSteps => ClockSetAt > 0;

    /// <summary>The time at which Redis' clock was last set; 0 if it was not set.</summary>
    public long ClockSetAt => _faults.ClockSetAt;

    public IReadOnlyList<SimulatedReplica> Replicas => _replicas;

    public IEnumerable<SimulatedReplica> Alive => _replicas.Where(replica => replica.Process.IsAlive);

    /// <summary>
    /// The replica whose next call reports to Redis that its clock was set: it has called Redis before, and stays alive
    /// until it calls again. Without such a replica, Redis cannot detect the change.
    /// </summary>
    public SimulatedReplica? Witness { get; set; }

    public long LastFaultAt { get; private set; } = long.MaxValue;

    /// <summary>The time from which the effects of all faults must have ended.</summary>
    public long ConvergedAt { get; private set; } = long.MaxValue;

    /// <summary>
    /// (d) The maximum age of a page from that time on; the age of a new copy is the latency of the upstream.
    /// </summary>
    public TimeSpan SteadyAge
    {
        get
        {
            var slow = TimeSpan.FromMilliseconds(Nclue.UsualDelay.To > 1_000 ? Nclue.UsualDelay.To : 0);
            // Three requests in flight.
            var each = slow / 3 > Options.RequestInterval ? slow / 3 : Options.RequestInterval;
            return Cache.FreshFor + slow + ((Nclue.Blocks + Alive.Count() + 1) * each);
        }
    }

    /// <summary>(c) The maximum wait of a reader: for its block, and at most once for the timeout of Redis.</summary>
    public TimeSpan LongestWait => Cache.WaitFor + Cache.SoftWait + TimeSpan.FromMilliseconds(250);

    /// <summary>(f) The maximum wait of a caller for a block without faults and without latency.</summary>
    public TimeSpan FairWait => (CallerCount + 1) * 2 * Options.RequestInterval;

    /// <summary>Runs the schedule.</summary>
    /// <exception cref="InvariantException">An invariant was broken.</exception>
    public void Run()
    {
        if (!IsHealthy)
        {
            _faults.Plan();
            World.RunUntil(_faults.EndsAt);
        }

        World.Note($"the last fault is over");
        LastFaultAt = World.Now;
        // Requests in flight have ended, and their pauses are in effect.
        World.RunUntil(World.Now + Options.Timeout.Ticks);
        ConvergedAt = World.Now + (IsHealthy ? FairWait + TimeSpan.FromSeconds(60) : UntilConverged()).Ticks;
        World.RunUntil(ConvergedAt + (List is null ? TimeSpan.FromSeconds(25).Ticks : 0));
        List?.Settle();
        if (IsHealthy && World.Failure is null)
        {
            var longest = FairWait + TimeSpan.FromMilliseconds(Nclue.Delay.To + Nclue.Connect.To + Nclue.FirstArrival + 250);
            World.Check(
                Invariants.LongestWait <= longest,
                $"(f) a caller waited {Invariants.LongestWait.TotalSeconds:0.000} s, longer than {longest.TotalSeconds:0.000} s");
        }

        if (World.Failure is { } failure)
        {
            foreach (var replica in Alive)
            {
                World.Note($"in the end {replica}");
            }

            throw failure;
        }
    }

    public void StartReplica()
    {
        var replica = new SimulatedReplica(World, Redis, Nclue, Options, Cache, _started++, List?.Settings, List?.Bug);
        World.Note($"start of {replica}");
        _replicas.Add(replica);
        _ofProcess[replica.Process] = replica;
        List?.Watch(replica);
        NoteReach();
    }

    public void Kill(SimulatedReplica replica)
    {
        World.Note($"end of {replica}");
        replica.Process.Kill();
        NoteReach();
        _callers.ForEach(caller => caller.Reconnect(replica));
    }

    public void Stop(SimulatedReplica replica)
    {
        replica.Stop();
        _callers.ForEach(caller => caller.Reconnect(replica));
        World.After(Options.Timeout + TimeSpan.FromSeconds(1), () => Kill(replica));
    }

    public void Freeze(SimulatedReplica replica, TimeSpan duration)
    {
        replica.Process.StandStill(duration);
        _frozenUntil[replica] = Math.Max(_frozenUntil.GetValueOrDefault(replica), World.Now + duration.Ticks);
    }

    /// <summary>Returns a replica that is alive; the same one for a caller until the replicas change.</summary>
    public SimulatedReplica? PickReplica(int caller)
    {
        var alive = Alive.Where(replica => !replica.IsStopping).ToList();
        return alive.Count == 0 ? null : alive[caller % alive.Count];
    }

    public SimulatedReplica ReplicaOf(SimulatedProcess process) => _ofProcess[process];

    /// <summary>Returns true if the replica has been frozen at any time since then.</summary>
    public bool WasFrozen(SimulatedReplica replica, long since) => _frozenUntil.TryGetValue(replica, out var until) && until >= since;

    private void Note(SimulatedProcess process, CoordinatorResponse reply)
    {
        Invariants.CheckPause(reply.Pause, reply.Now);
        if (Redis.IsReliable)
        {
            _missedClock.Remove(_ofProcess[process]);
        }

        if (_ofProcess[process] == Witness)
        {
            Witness = null;
        }
    }

    /// <summary>Records that Redis' clock was set.</summary>
    public void NoteClock() => _missedClock.UnionWith(Alive);

    /// <summary>Records the replicas that can reach Redis.</summary>
    public void NoteReach()
    {
        foreach (var replica in _replicas)
        {
            bool? isReachable = !Redis.CanReach(replica.Process) ? false : Redis.IsReliable ? true : null;
            if (!_reach.TryGetValue(replica, out var before) || before.IsReachable != isReachable)
            {
                _reach[replica] = (World.Now, isReachable);
            }
        }

        // Even: Redis is available to all replicas, or to none.
        var isEven = Redis.IsReliable && Alive.Select(replica => Redis.CanReach(replica.Process)).Distinct().Count() <= 1;
        _evenSince = isEven ? (_evenSince ?? World.Now) : null;
    }

    /// <summary>Returns true if Redis has replied to the replica during the last N intervals.</summary>
    public bool HadRedis(SimulatedReplica replica, long at) =>
        _reach[replica] is { IsReachable: true, Since: var since } && since <= at - NIntervals && replica.StartedAt <= at - NIntervals;

    /// <summary>(a) Returns true if these two departures must be an interval apart.</summary>
    public bool MustBeApart(ModelArrival first, ModelArrival second)
    {
        if (first.Process == second.Process)
        {
            return true;
        }

        var (a, b) = (ReplicaOf(first.Process), ReplicaOf(second.Process));
        if (HadRedis(a, first.WrittenAt) && HadRedis(b, second.WrittenAt))
        {
            return true;
        }

        // The replicas use slots once all of them have been without Redis for N intervals, unless a replica does not
        // know that the clock was set.
        if (_missedClock.Overlaps(Alive))
        {
            return false;
        }

        if (Alive.Append(a).Append(b).All(replica =>
            _reach[replica] is { IsReachable: false, Since: var since } && since <= first.WrittenAt - NIntervals))
        {
            return true;
        }

        // More than required: the invariant also holds when Redis fails for all replicas at once, and when it returns.
        return _evenSince <= first.WrittenAt - NIntervals
            && Math.Max(a.StartedAt, b.StartedAt) <= first.WrittenAt - NIntervals;
    }

    private long NIntervals => Options.ReplicaCount * Options.RequestInterval.Ticks;

    private TimeSpan UntilConverged()
    {
        var hold = Alive.Select(replica => replica.Refresher.Status.RemainingDelay).Append(Invariants.PauseInRedis).Max();
        var (lease, probe) = (2 * Options.RequestInterval, TimeSpan.FromSeconds(1));
        return lease + probe + hold + ((Nclue.Blocks + Alive.Count() + 1) * Options.RequestInterval);
    }
}
