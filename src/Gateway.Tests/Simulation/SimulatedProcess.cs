namespace NclueGateway.Tests.Simulation;

/// <summary>
/// A process: it runs posted callbacks, and can crash at any point or be frozen for a while. Its monotonic clock has
/// its own origin, and its wall clock may be wrong.
/// </summary>
internal sealed class SimulatedProcess(World world, long origin) : SynchronizationContext
{
    /// <summary>The time of a right wall clock when the simulated time is 0.</summary>
    public static readonly DateTimeOffset WorldBegins = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private long _standsStillUntil;

    public bool IsAlive { get; private set; } = true;

    /// <summary>Offset of the wall clock from the true time.</summary>
    public TimeSpan WallClockOffset { get; set; }

    public TimeProvider Time => field ??= new Clock(this);

    /// <summary>Kills the process (SIGKILL): it runs no further callbacks.</summary>
    public void Kill() => IsAlive = false;

    /// <summary>Freezes the process for a while, like its machine would; its clocks continue.</summary>
    public void StandStill(TimeSpan duration) => _standsStillUntil = Math.Max(_standsStillUntil, world.Now + duration.Ticks);

    public override void Post(SendOrPostCallback callback, object? state) => world.Post(() => Run(() => callback(state)));

    public override void Send(SendOrPostCallback callback, object? state) => throw new NotSupportedException();

    /// <summary>Runs an action in this process.</summary>
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
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => process.Now + process.Origin;

        public override DateTimeOffset GetUtcNow() => WorldBegins + TimeSpan.FromTicks(process.Now) + process.WallClockOffset;

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
                // Whole milliseconds, like the system's timers.
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
