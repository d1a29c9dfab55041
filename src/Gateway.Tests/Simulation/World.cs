using System.Runtime.CompilerServices;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// Simulated time and events, on one thread and in one order: due actions run, and when none is left the clock jumps to
/// the next one. The code under test is the real one; each process runs its own continuations.
/// </summary>
internal sealed class World(int seed)
{
    private static readonly long Start = TimeSpan.FromHours(1).Ticks;

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Queue<Action> _ready = new();
    private long _order;

    /// <summary>The true time, in ticks of <see cref="TimeSpan"/>. The code under test cannot read it.</summary>
    public long Now { get; private set; } = Start;

    public Random Random { get; } = new(seed);

    /// <summary>The first violation of an invariant; it ends the run.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Receives the journal of events; null for none.</summary>
    public Action<string>? Journal { get; set; }

    public void Note([InterpolatedStringHandlerArgument("")] TextIfRead what) =>
        Journal?.Invoke($"{TimeSpan.FromTicks(Now - Start).TotalSeconds,9:0.000} {what.ToStringAndClear()}");

    public TimeSpan Since(long then) => TimeSpan.FromTicks(Now - then);

    public void At(long time, Action action) => _events.Enqueue(action, (Math.Max(time, Now), _order++));

    public void After(TimeSpan delay, Action action) => At(Now + delay.Ticks, action);

    /// <summary>Runs an action before the time advances.</summary>
    public void Post(Action action) => _ready.Enqueue(action);

    public void Fail(Exception failure) => Failure ??= failure;

    public void Check(bool isSo, [InterpolatedStringHandlerArgument(nameof(isSo))] TextIfRead invariant)
    {
        if (!isSo)
        {
            Fail(new InvariantException(invariant.ToStringAndClear()));
        }
    }

    /// <summary>Runs until a time, or until an invariant is violated.</summary>
    public void RunUntil(long end)
    {
        var context = SynchronizationContext.Current;
        try
        {
            for (var steps = 0; Failure is null; steps++)
            {
                Check(steps < 100_000, $"something spins");
                if (_ready.TryDequeue(out var action))
                {
                    action();
                }
                else if (_events.TryPeek(out action, out var due) && due.At <= end)
                {
                    _events.Dequeue();
                    steps = due.At > Now ? 0 : steps;
                    Now = due.At;
                    action();
                }
                else
                {
                    Now = end;
                    return;
                }
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Returns a random time span between two, uniformly distributed.</summary>
    public TimeSpan Between(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromMilliseconds(fromMilliseconds + (Random.NextDouble() * (toMilliseconds - fromMilliseconds)));

    public bool Chance(double probability) => Random.NextDouble() < probability;
}

/// <summary>The violation of an invariant.</summary>
internal sealed class InvariantException(string invariant) : Exception(invariant);

/// <summary>A text that is formatted only if it is read: there are many such texts, and few are read.</summary>
[InterpolatedStringHandler]
internal ref struct TextIfRead
{
    private DefaultInterpolatedStringHandler _text;

    public TextIfRead(int literals, int values, World world, out bool isRead)
        : this(literals, values, world.Journal is null, out isRead)
    {
    }

    public TextIfRead(int literals, int values, bool isSo, out bool isRead)
    {
        isRead = !isSo;
        _text = isRead ? new(literals, values) : default;
    }

    public void AppendLiteral(string literal) => _text.AppendLiteral(literal);

    public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

    public string ToStringAndClear() => _text.ToStringAndClear();
}
