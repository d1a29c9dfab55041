namespace NclueGateway.Tests.Simulation;

/// <summary>
/// The faults of a schedule, and their times. Each fault begins and ends; after <see cref="EndsAt"/> there is none.
/// </summary>
internal sealed class Faults
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(70);

    private readonly RandomSchedule _schedule;
    private readonly Action<TimeSpan>[] _kinds;

    public Faults(RandomSchedule schedule)
    {
        _schedule = schedule;
        _kinds =
        [
            StopRedis, StopRedis, FlushRedis, CutOff, CutOff, LoseReplies, SlowRedis, SetRedisClock,
            KillReplica, KillReplica, StopReplica, FreezeReplica, SetWallClock,
            FailUpstream, FailUpstream, SlowUpstream, SlowConnections,
            .. schedule.List is null ? Array.Empty<Action<TimeSpan>>() : [LoseEntries, FailOver, FailOver, RefuseLog],
        ];
    }

    private World World => _schedule.World;

    public long EndsAt { get; private set; }

    /// <summary>The time at which Redis' clock was last set.</summary>
    public long ClockSetAt { get; private set; }

    public void Plan()
    {
        EndsAt = World.Now + TimeSpan.FromSeconds(10).Ticks;
        var count = 1 + World.Random.Next(8);
        for (var i = 0; i < count; i++)
        {
            var begins = World.Now + World.Between(0, Longest.TotalMilliseconds).Ticks;
            var lasts = World.Between(50, World.Random.Next(3) == 0 ? 30_000 : 6_000);
            World.At(begins, () => Begin(_kinds[World.Random.Next(_kinds.Length)], lasts));
            EndsAt = Math.Max(EndsAt, begins + lasts.Ticks + TimeSpan.TicksPerMillisecond);
        }
    }

    private void Begin(Action<TimeSpan> fault, TimeSpan lasts)
    {
        World.Note($"{fault.Method.Name} for {lasts.TotalSeconds:0.000} s");
        fault(lasts);
    }

    private void StopRedis(TimeSpan lasts)
    {
        var isEmpty = World.Chance(0.4);
        _schedule.Redis.Hangs = World.Chance(0.4);
        Change(_schedule.Redis.Stop);
        World.After(lasts, () => Change(() => _schedule.Redis.Start(isEmpty)));
    }

    private void FlushRedis(TimeSpan lasts) => _schedule.Redis.Empty();

    private void CutOff(TimeSpan lasts)
    {
        if (Any() is { } replica)
        {
            _schedule.Redis.Hangs = World.Chance(0.4);
            Change(() => _schedule.Redis.CutOff(replica.Process));
            World.After(lasts, () => Change(() => _schedule.Redis.Reconnect(replica.Process)));
        }
    }

    private void LoseReplies(TimeSpan lasts)
    {
        Change(() => _schedule.Redis.LostReplies = 0.05 + (World.Random.NextDouble() * 0.5));
        World.After(lasts, () => Change(() => _schedule.Redis.LostReplies = 0));
    }

    private void SlowRedis(TimeSpan lasts)
    {
        var slow = World.Between(5, 90).TotalMilliseconds;
        Change(() => _schedule.Redis.Latency = (slow / 2, slow));
        World.After(lasts, () => Change(() => _schedule.Redis.Latency = ModelRedis.UsualLatency));
    }

    private void SetRedisClock(TimeSpan lasts)
    {
        _schedule.Witness ??= _schedule.Alive.FirstOrDefault(
            replica => !replica.IsStopping && _schedule.HadRedis(replica, World.Now) && !_schedule.WasFrozen(replica, World.Now));
        if (_schedule.Witness is not null)
        {
            ClockSetAt = World.Now;
            _schedule.NoteClock();
            _schedule.Redis.ClockOffset += World.Between(500, World.Chance(0.5) ? 5_000 : 7_200_000) * (World.Chance(0.5) ? 1 : -1);
        }
    }

    /// <summary>The log loses its last entries: an older copy of it is restored.</summary>
    private void LoseEntries(TimeSpan lasts)
    {
        var copy = _schedule.Redis.Log.Copy();
        World.After(lasts, () => _schedule.Redis.Log.Restore(copy));
    }

    /// <summary>Another server takes over without the last entries, and one replica does not reach it for a while.</summary>
    private void FailOver(TimeSpan lasts)
    {
        var copy = _schedule.Redis.Log.Copy();
        World.After(lasts / 2, () =>
        {
            _schedule.Redis.Log.Restore(copy);
            CutOff(lasts / 2);
        });
    }

    /// <summary>Redis refuses to write the log, and all else goes on.</summary>
    private void RefuseLog(TimeSpan lasts)
    {
        _schedule.Redis.RefusesLog = true;
        World.After(lasts, () => _schedule.Redis.RefusesLog = false);
    }

    private void KillReplica(TimeSpan lasts)
    {
        if (Any() is { } replica)
        {
            _schedule.Kill(replica);
            World.After(lasts, _schedule.StartReplica);
        }
    }

    private void StopReplica(TimeSpan lasts)
    {
        if (Any() is { } replica)
        {
            _schedule.Stop(replica);
            World.After(lasts, _schedule.StartReplica);
        }
    }

    private void FreezeReplica(TimeSpan lasts)
    {
        if (Any() is { } replica)
        {
            _schedule.Freeze(replica, lasts < TimeSpan.FromSeconds(8) ? lasts : TimeSpan.FromSeconds(8));
        }
    }

    private void SetWallClock(TimeSpan lasts)
    {
        if (Any() is { } replica)
        {
            replica.Process.WallClockOffset += World.Between(1_000, 7_200_000) * (World.Chance(0.5) ? 1 : -1);
        }
    }

    private void FailUpstream(TimeSpan lasts)
    {
        var nclue = _schedule.Nclue;
        nclue.Fault = (UpstreamFault)World.Random.Next(1, 8);
        nclue.RetryAfter = World.Chance(0.2) ? World.Between(1_000, 20_000) : null;
        World.After(nclue.Fault == UpstreamFault.QuotaExceeded && lasts > TimeSpan.FromSeconds(2) ? TimeSpan.FromSeconds(2) : lasts, () =>
        {
            nclue.Fault = UpstreamFault.None;
            nclue.RetryAfter = null;
        });
    }

    private void SlowUpstream(TimeSpan lasts)
    {
        var slow = World.Between(1_000, 12_000).TotalMilliseconds;
        _schedule.Nclue.Delay = (slow / 2, slow);
        World.After(lasts, () => _schedule.Nclue.Delay = _schedule.Nclue.UsualDelay);
    }

    private void SlowConnections(TimeSpan lasts)
    {
        _schedule.Nclue.Connect = (200, World.Between(400, 4_000).TotalMilliseconds);
        World.After(lasts, () => _schedule.Nclue.Connect = ModelNclue.UsualConnect);
    }

    private void Change(Action change)
    {
        change();
        _schedule.NoteReach();
    }

    private SimulatedReplica? Any()
    {
        var alive = _schedule.Alive.Where(replica => !replica.IsStopping && replica != _schedule.Witness).ToList();
        return alive.Count == 0 ? null : alive[World.Random.Next(alive.Count)];
    }
}
