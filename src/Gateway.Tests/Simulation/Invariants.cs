using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// The invariants that hold at every step, under all faults. The letters are those of the specification.
/// </summary>
internal sealed class Invariants(RandomSchedule schedule)
{
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(2);

    private readonly Dictionary<SimulatedReplica, long> _pauses = [];
    private ModelArrival? _last;
    private long _redisPause;
    private PacerModel? _redisPauseOf;

    /// <summary>The maximum age of a page since <see cref="RandomSchedule.ConvergedAt"/>.</summary>
    public TimeSpan OldestAfterwards { get; private set; }

    /// <summary>The longest time that a reader has waited for a block.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <summary>Remaining time of the pause in Redis.</summary>
    public TimeSpan PauseInRedis => _redisPauseOf == schedule.Redis.Pacer && _redisPause > World.Now
        ? TimeSpan.FromTicks(_redisPause - World.Now)
        : TimeSpan.Zero;

    public int Reads { get; private set; }

    public int Refusals { get; private set; }

    private World World => schedule.World;

    /// <summary>Replicas compare a step of Redis' clock with their own clocks, as exactly as they know when Redis replied.</summary>
    private TimeSpan PauseTolerance => schedule.ClockSteps ? TimeSpan.FromMilliseconds(300) : Rounding;

    /// <summary>Checks a request that has arrived at the upstream.</summary>
    public void Check(ModelArrival arrival)
    {
        var replica = schedule.ReplicaOf(arrival.Process);
        World.Note($"arrival of block {arrival.Block} by {replica}, written at {-World.Since(arrival.WrittenAt).TotalMilliseconds:0} ms");
        if (_last is { } last && schedule.MustBeApart(last, arrival))
        {
            var gap = TimeSpan.FromTicks(arrival.WrittenAt - last.WrittenAt);
            World.Check(
                gap >= schedule.Options.RequestInterval - Rounding,
                $"(a) two departures were {gap.TotalMilliseconds:0.0} ms apart");
            var arrivals = TimeSpan.FromTicks(arrival.At - last.At);
            World.Check(arrivals >= TimeSpan.FromSeconds(1), $"(a) two arrivals were {arrivals.TotalMilliseconds:0.0} ms apart");
        }

        if (schedule.HadRedis(replica, arrival.WrittenAt) && _redisPauseOf == schedule.Redis.Pacer)
        {
            // A request with a permit from before the pause may depart within half an interval.
            World.Check(
                arrival.WrittenAt >= _redisPause - PauseTolerance.Ticks
                || arrival.WrittenAt <= _redisPauseBegan + (schedule.Options.RequestInterval / 2).Ticks,
                $"(e) a request departed {TimeSpan.FromTicks(_redisPause - arrival.WrittenAt).TotalMilliseconds:0} ms "
                + $"before the end of a pause");
        }

        if (schedule.IsHealthy)
        {
            var onTheWay = TimeSpan.FromMilliseconds(schedule.Nclue.Connect.To + schedule.Nclue.FirstArrival);
            var before = schedule.Nclue.Arrivals.SkipLast(1).LastOrDefault(a => a.Block == arrival.Block);
            World.Check(
                before == default || World.Since(before.At) >= schedule.Cache.FreshFor - onTheWay,
                $"block {arrival.Block} was requested again after {World.Since(before.At).TotalSeconds:0.000} s");
        }

        _last = arrival;
    }

    private long _redisPauseBegan;

    /// <summary>Checks the pause in a reply of Redis.</summary>
    public void CheckPause(long pause, long now)
    {
        var until = World.Now + (TimeSpan.TicksPerMillisecond * (pause - now));
        if (_redisPauseOf != schedule.Redis.Pacer)
        {
            (_redisPauseOf, _redisPause, _redisPauseBegan) = (schedule.Redis.Pacer, until, World.Now);
            return;
        }

        if (_redisPause > World.Now && World.Since(schedule.ClockSetAt) < TimeSpan.FromSeconds(3))
        {
            return; // until all replicas that know of the pause have called Redis again
        }

        if (_redisPause > World.Now)
        {
            World.Check(until >= _redisPause - PauseTolerance.Ticks,
                $"(e) the pause in Redis shrank by {TimeSpan.FromTicks(_redisPause - until).TotalMilliseconds:0} ms");
        }
        else if (until >= World.Now)
        {
            // Also one that is over at once: a refusal of a request from before the last pause.
            _redisPauseBegan = World.Now;
        }

        _redisPause = until;
    }

    /// <summary>Checks the pause as a replica knows it.</summary>
    public void CheckPause(SimulatedReplica replica)
    {
        var until = replica.Pacer.Pause is { } pause ? World.Now + pause.Left.Ticks : 0;
        if (_pauses.TryGetValue(replica, out var before) && before > World.Now + Rounding.Ticks)
        {
            World.Check(until >= before - Rounding.Ticks, $"(e) a replica's pause shrank");
        }

        _pauses[replica] = until;
    }

    /// <summary>Checks the result of a read.</summary>
    public void Check(SimulatedReplica replica, PageRequest page, ReadResult reading, long since)
    {
        Reads++;
        CheckPause(replica);
        var waited = World.Since(since);
        var isFrozen = schedule.WasFrozen(replica, since);
        World.Check(isFrozen || waited <= schedule.LongestWait, $"(c) a reader of {page} waited {waited.TotalSeconds:0.000} s");
        LongestWait = waited > LongestWait ? waited : LongestWait;
        if (reading.Refusal is { } refusal)
        {
            Refusals++;
            World.Check(
                !schedule.IsHealthy || schedule.Cache.WaitFor < TimeSpan.FromSeconds(30),
                $"(f) a reader was refused: {refusal.Detail}");
            return;
        }

        // In a frozen process, time passes between the result and this line.
        var slack = isFrozen ? waited : TimeSpan.Zero;
        World.Check(reading.Age <= schedule.Cache.KeepFor + Rounding, $"(b) a page was {reading.Age.TotalSeconds:0.000} s old");
        if (schedule.List is not null)
        {
            return; // its rows do not carry the time at which they were read
        }

        foreach (var block in new[] { reading.Parts.First.Block, reading.Parts.Second?.Block }.OfType<TaskRunBlock>())
        {
            var age = World.Since(ModelNclue.ReadAt(block.Rows));
            World.Check(
                reading.Age + slack >= age - Rounding,
                $"(b) an age of {age.TotalSeconds:0.000} s was reported as {reading.Age.TotalSeconds:0.000} s");
        }

        if (World.Now >= schedule.ConvergedAt && !isFrozen)
        {
            OldestAfterwards = reading.Age > OldestAfterwards ? reading.Age : OldestAfterwards;
            World.Check(reading.Age <= schedule.SteadyAge,
                $"(d) a page is {reading.Age.TotalSeconds:0.000} s old "
                + $"{World.Since(schedule.LastFaultAt).TotalSeconds:0.0} s after the last fault; at most "
                + $"{schedule.SteadyAge.TotalSeconds:0.000} s is allowed from "
                + $"{TimeSpan.FromTicks(schedule.ConvergedAt - schedule.LastFaultAt).TotalSeconds:0.0} s on");
        }
    }
}
