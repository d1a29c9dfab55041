using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// One random schedule: replicas, callers, an upstream and a Redis; for a while things go wrong, and then nothing does. Everything follows from the
/// seed, so a seed that fails fails again.
/// </summary>
internal sealed class RandomSchedule
{
    private readonly List<SimulatedReplica> _replicas = [];
    private readonly Dictionary<SimulatedProcess, SimulatedReplica> _ofProcess = [];
    private readonly Dictionary<SimulatedReplica, (long Since, bool? Answers)> _reach = [];
    private readonly Dictionary<SimulatedReplica, long> _frozenUntil = [];
    private readonly HashSet<SimulatedReplica> _missedClock = [];
    private readonly List<Caller> _callers = [];
    private readonly Faults _faults;
    private long? _evenSince = 0;
    private int _started;

    /// <param name="seed">What everything follows from.</param>
    /// <param name="isHealthy">Whether nothing goes wrong, and waits are as long as they are.</param>
    /// <param name="pacer">The pacer in Redis; a test can plant a bug in it.</param>
    public RandomSchedule(int seed, bool isHealthy = false, Func<PacerModel>? pacer = null)
    {
        Seed = seed;
        IsHealthy = isHealthy;
        World = new World(seed);
        var random = World.Random;
        var replicas = 1 + random.Next(4);
        Options = new NclueOptions { ReplicaCount = replicas + 1, Timeout = TimeSpan.FromSeconds(random.Next(5, 11)), AccessKey = "a", SecretKey = "s" };
        Cache = new CacheOptions
        {
            ServeStaleFor = TimeSpan.FromSeconds(random.Next(0, 40)),
            WaitFor = TimeSpan.FromSeconds(isHealthy ? 60 : random.Next(0, 8)),
            SoftWait = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(500),
            InterestFor = TimeSpan.FromSeconds(random.Next(20, 60)),
        };
        Cache.KeepFor = Cache.FreshFor + Cache.ServeStaleFor + TimeSpan.FromSeconds(random.Next(1, 120));
        var delay = random.Next(isHealthy ? 2 : 4) == 0 ? 3_000 : 20; // slower than departures follow each other, or not
        Nclue = new ModelNclue(World, blocks: 1 + random.Next(6), (delay, delay + 280)) { Arrived = arrival => Invariants!.Check(arrival) };
        Redis = new ModelRedis(World, () => pacer?.Invoke() ?? new PacerModel()) { Ran = Note };
        Invariants = new Invariants(this);
        SpansBlocks = !isHealthy;
        CallerCount = replicas + random.Next(6);
        _faults = new Faults(this);
        for (var i = 0; i < replicas; i++)
        {
            // All at the same moment, or one after the other.
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

    public int CallerCount { get; }

    public bool SpansBlocks { get; }

    /// <summary>Whether Redis' clock is set while the schedule runs.</summary>
    public bool ClockSteps => ClockSetAt > 0;

    /// <summary>When it was set last; 0 for never.</summary>
    public long ClockSetAt => _faults.ClockSetAt;

    public IReadOnlyList<SimulatedReplica> Replicas => _replicas;

    public IEnumerable<SimulatedReplica> Alive => _replicas.Where(replica => replica.Process.IsAlive);

    /// <summary>
    /// Who tells Redis that its clock was set: it was there before, and lives until it calls again. When nobody was there, nobody can know.
    /// </summary>
    public SimulatedReplica? Witness { get; set; }

    public long LastFaultAt { get; private set; } = long.MaxValue;

    /// <summary>When all is to be well again.</summary>
    public long ConvergedAt { get; private set; } = long.MaxValue;

    /// <summary>(d) The oldest that an answer is then; a copy is as old as the upstream was slow when it comes.</summary>
    public TimeSpan SteadyAge
    {
        get
        {
            var slow = TimeSpan.FromMilliseconds(Nclue.UsualDelay.To > 1_000 ? Nclue.UsualDelay.To : 0);
            var each = slow / 3 > Options.RequestInterval ? slow / 3 : Options.RequestInterval; // three calls at a time
            return Cache.FreshFor + slow + ((Nclue.Blocks + Alive.Count() + 1) * each);
        }
    }

    /// <summary>(c) The longest that a reader may wait: for its block, and at most once for a Redis that goes away.</summary>
    public TimeSpan LongestWait => Cache.WaitFor + Cache.SoftWait + TimeSpan.FromMilliseconds(250);

    /// <summary>(f) The longest that a caller may wait for a block while all is well, and the answer takes no time.</summary>
    public TimeSpan FairWait => (CallerCount + 1) * 2 * Options.RequestInterval;

    /// <summary>Lets everything happen.</summary>
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
        World.RunUntil(World.Now + Options.Timeout.Ticks); // what was under way has come to an end, and has paused whom it pauses
        ConvergedAt = World.Now + (IsHealthy ? FairWait + TimeSpan.FromSeconds(60) : UntilConverged()).Ticks;
        World.RunUntil(ConvergedAt + TimeSpan.FromSeconds(25).Ticks);
        if (IsHealthy && World.Failure is null)
        {
            var longest = FairWait + TimeSpan.FromMilliseconds(Nclue.Delay.To + Nclue.Connect.To + Nclue.FirstArrival + 250);
            World.Check(Invariants.LongestWait <= longest, $"(f) a caller waited {Invariants.LongestWait.TotalSeconds:0.000} s, longer than {longest.TotalSeconds:0.000} s");
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
        var replica = new SimulatedReplica(World, Redis, Nclue, Options, Cache, _started++);
        World.Note($"start of {replica}");
        _replicas.Add(replica);
        _ofProcess[replica.Process] = replica;
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

    /// <summary>A replica that lives; the same for a caller as long as there is no change.</summary>
    public SimulatedReplica? PickReplica(int caller)
    {
        var alive = Alive.Where(replica => !replica.IsStopping).ToList();
        return alive.Count == 0 ? null : alive[caller % alive.Count];
    }

    public SimulatedReplica ReplicaOf(SimulatedProcess process) => _ofProcess[process];

    /// <summary>Whether the replica has stood still at any time since then.</summary>
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

    /// <summary>Redis' clock was set.</summary>
    public void NoteClock() => _missedClock.UnionWith(Alive);

    /// <summary>Notes who can reach Redis.</summary>
    public void NoteReach()
    {
        foreach (var replica in _replicas)
        {
            bool? answers = !Redis.CanReach(replica.Process) ? false : Redis.IsReliable ? true : null;
            if (!_reach.TryGetValue(replica, out var before) || before.Answers != answers)
            {
                _reach[replica] = (World.Now, answers);
            }
        }

        // Alike: Redis is there for all of them, or for none.
        var isEven = Redis.IsReliable && Alive.Select(replica => Redis.CanReach(replica.Process)).Distinct().Count() <= 1;
        _evenSince = isEven ? (_evenSince ?? World.Now) : null;
    }

    /// <summary>Whether the replica has had an answering Redis for the last N intervals.</summary>
    public bool HadRedis(SimulatedReplica replica, long at) =>
        _reach[replica] is { Answers: true, Since: var since } && since <= at - NIntervals && replica.StartedAt <= at - NIntervals;

    /// <summary>(a) Whether these two departures must be an interval apart.</summary>
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

        // By slots, once every replica has been without it for long; unless the clock was set and somebody has not heard of it.
        if (_missedClock.Overlaps(Alive))
        {
            return false;
        }

        if (Alive.Append(a).Append(b).All(replica => _reach[replica] is { Answers: false, Since: var since } && since <= first.WrittenAt - NIntervals))
        {
            return true;
        }

        // And more than is asked for: when Redis goes away for everybody at once, and when it comes back.
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
