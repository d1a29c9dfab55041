using System.Globalization;

namespace NclueGateway.Upstream.Pacing;

/// <summary>
/// A place in the log, the same on every replica. Two logs with equal positions have equal entries up to there.
/// </summary>
/// <param name="Epoch">Number of the log: a log that lost entries is continued by another one.</param>
/// <param name="Number">Number of the entry, counted from 1; 0 before the first one.</param>
/// <param name="Chain">Hash of the entry and of the chain before it.</param>
internal readonly record struct LogPosition(long Epoch, long Number, ulong Chain)
{
    /// <summary>Returns the name of a version, which callers see: <c>epoch-number-chain</c>, the chain as 8 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Number}-{(uint)Chain:x8}");
}

/// <summary>The newest position of the snapshot's log, as far as this replica knows. A permit carries it.</summary>
internal sealed class LatestLogPosition
{
    private Entry? _current;
    private int _watchers;

    /// <summary>The newest position; null while it is not known: without Redis before the first read, and while Redis is away.</summary>
    public LogPosition? Current
    {
        get => Volatile.Read(ref _current)?.Position;
        set
        {
            if (value != Current)
            {
                Volatile.Write(ref _current, value is { } position ? new(position) : null);
                Changed?.Invoke(this, EventArgs.Empty);
            }
        }
    }

    /// <summary>Raised when the position has changed.</summary>
    public event EventHandler? Changed;

    /// <summary>True while callers wait for the next position: it is read more often.</summary>
    public bool IsWatched => Volatile.Read(ref _watchers) > 0;

    /// <summary>Records a caller who waits, until <see cref="Unwatch"/>.</summary>
    public void Watch() => Interlocked.Increment(ref _watchers);

    /// <summary>Records that a caller no longer waits.</summary>
    public void Unwatch() => Interlocked.Decrement(ref _watchers);

    private sealed record Entry(LogPosition Position);
}
