using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Remembers when callers last asked for the snapshot. Without a caller it costs no request, unless <c>Snapshot:Warm</c> is set.
/// </summary>
internal sealed class SnapshotInterest(SnapshotOptions options, CacheOptions cache, ChangeSignal wake, TimeProvider time)
{
    /// <summary>Time after the last question after which rows are read less often.</summary>
    private static readonly TimeSpan RecentFor = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan IdleBeat = TimeSpan.FromSeconds(60);

    private long _askedAt = long.MinValue;

    /// <summary>Raised by a question when there was none for a while.</summary>
    public event EventHandler? Began;

    /// <summary>True if the snapshot is to be kept up to date.</summary>
    public bool IsActive => options.Warm || SinceAsked < options.InterestFor;

    /// <summary>Maximum age of rows that change by themselves.</summary>
    public TimeSpan Beat => SinceAsked < RecentFor ? cache.FreshFor : cache.FreshFor > IdleBeat ? cache.FreshFor : IdleBeat;

    /// <summary>Records a question.</summary>
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

    private TimeSpan SinceAsked => Volatile.Read(ref _askedAt) is > long.MinValue and var at ? time.GetElapsedTime(at) : TimeSpan.MaxValue;
}
