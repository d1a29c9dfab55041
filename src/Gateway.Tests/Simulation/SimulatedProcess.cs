namespace NclueGateway.Tests.Simulation;

/// <summary>
/// A process: it runs what is posted to it, has clocks of its own, and can stop dead in the middle of everything or stand still for a while. Its
/// monotonic clock has an origin of its own, and its wall clock may be wrong.
/// </summary>
internal sealed class SimulatedProcess(World world, long origin) : SynchronizationContext
{
    private long _standsStillUntil;

    public bool IsAlive { get; private set; } = true;

    /// <summary>How far the wall clock is ahead.</summary>
    public TimeSpan WallClockOffset { get; set; }

    public TimeProvider Time => field ??= new Clock(this);

    /// <summary>SIGKILL: nothing of it runs any more.</summary>
    public void Kill() => IsAlive = false;

    /// <summary>Nothing of it runs for a while, as when its machine is frozen; its clocks go on.</summary>
    public void StandStill(TimeSpan duration) => _standsStillUntil = Math.Max(_standsStillUntil, world.Now + duration.Ticks);

    public override void Post(SendOrPostCallback callback, object? state) => world.Post(() => Run(() => callback(state)));

    public override void Send(SendOrPostCallback callback, object? state) => throw new NotSupportedException();

    /// <summary>Runs something as a part of this process.</summary>
    public void Run(Action action)
    {
        if (!IsAlive)
        {
            return;
        }

        if (_standsStillUntil > world.Now)
        {
            world.At(_standsStillUntil, () => Run(action));
            return;
        }

        SetSynchronizationContext(this);
        try
        {
            action();
        }
        catch (Exception failure)
        {
            world.Fail(failure);
        }
        finally
        {
            SetSynchronizationContext(null);
        }
    }

    private sealed class Clock(SimulatedProcess process) : TimeProvider
    {
        private static readonly DateTimeOffset Start = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => process.Now + process.Origin;

        public override DateTimeOffset GetUtcNow() => Start + TimeSpan.FromTicks(process.Now) + process.WallClockOffset;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(process, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private long Now => world.Now;

    private long Origin => origin;

    private sealed class Timer(SimulatedProcess process, Action callback) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime >= TimeSpan.Zero)
            {
                // As the system's timers do: whole milliseconds.
                process.World.After(TimeSpan.FromMilliseconds((long)dueTime.TotalMilliseconds), () => process.Run(() => Fire(version)));
            }

            return period == Timeout.InfiniteTimeSpan ? true : throw new NotSupportedException();
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(int version)
        {
            if (version == _version)
            {
                callback();
            }
        }
    }

    private World World => world;
}
