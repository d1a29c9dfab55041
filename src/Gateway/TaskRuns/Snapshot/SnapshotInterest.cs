using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Remembers when callers last asked for the snapshot, and how many wait for changes. Without a caller it costs no request, unless
/// <c>Snapshot:Warm</c> is set.
/// </summary>
internal sealed class SnapshotInterest(SnapshotOptions options, CacheOptions cache, ChangeSignal wake, TimeProvider time)
{
    /// <summary>Time after the last query for which rows are read as often as pages are refreshed.</summary>
    private static readonly TimeSpan RecentFor = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan IdleBeat = TimeSpan.FromSeconds(60);

    private long _askedAt = long.MinValue;
    private long _listenersBeat = long.MaxValue; // ticks
    private int _listeners;

    /// <summary>Raised by the first query, and by one after at least a minute without queries.</summary>
    public event EventHandler? Began;

    /// <summary>True if the snapshot is to be kept up to date.</summary>
    public bool IsActive => options.Warm || HasListeners || SinceAsked < options.InterestFor;

    /// <summary>Maximum age of rows that change by themselves.</summary>
    public TimeSpan Beat => HasListeners ? Least(cache.FreshFor, new(Volatile.Read(ref _listenersBeat)))
        : SinceAsked < RecentFor || cache.FreshFor > IdleBeat ? cache.FreshFor
        : IdleBeat;

    private bool HasListeners => Volatile.Read(ref _listeners) > 0;

    private TimeSpan SinceAsked => Volatile.Read(ref _askedAt) is > long.MinValue and var at ? time.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>Records a query, or another request that needs the snapshot.</summary>
    public void Ask()
    {
        var before = SinceAsked;
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        if (before >= IdleBeat)
        {
            Began?.Invoke(this, EventArgs.Empty);
            wake.Raise();
        }
    }

    /// <summary>Records a caller who waits for changes, until <see cref="Leave"/>.</summary>
    /// <param name="beat">Maximum age of rows that change by themselves while callers wait.</param>
    public void Listen(TimeSpan beat)
    {
        Ask();
        Volatile.Write(ref _listenersBeat, beat.Ticks);
        if (Interlocked.Increment(ref _listeners) == 1)
        {
            wake.Raise(); // rows may be due now
        }
    }

    /// <summary>Records that a caller no longer waits for changes.</summary>
    public void Leave()
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        Interlocked.Decrement(ref _listeners);
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
