using NclueGateway.Time;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The versions that callers can read: the newest complete one, and for <c>Snapshot:CursorsFor</c> those before it. One writer, any number
/// of readers without a lock.
/// </summary>
internal sealed class SnapshotVersions(SnapshotOptions options, TimeProvider time)
{
    /// <summary>Maximum memory of superseded versions beside the newest one, in bytes.</summary>
    private const long MaxBytes = 128 * 1024 * 1024;

    private readonly long _keepFor = time.Ticks(options.CursorsFor);
    private readonly Queue<Superseded> _superseded = [];
    private long _bytes;
    private Published _published = new(null, []);

    /// <summary>The newest complete version; null until the list is complete for the first time.</summary>
    public ShownSnapshot? Shown => Volatile.Read(ref _published).Shown;

    /// <summary>Number of versions in memory.</summary>
    public int Count => Volatile.Read(ref _published) is { Shown: not null } published ? published.Before.Count + 1 : 0;

    /// <summary>Finds a version that is still kept.</summary>
    public SnapshotState? Find(LogPosition version)
    {
        var published = Volatile.Read(ref _published);
        return published.Shown?.State.Version == version ? published.Shown.State : published.Before.GetValueOrDefault(version);
    }

    /// <summary>
    /// Publishes a new state. An incomplete one, which waits for rows that it lacks, leaves the newest version and its age.
    /// </summary>
    public void Publish(SnapshotState state)
    {
        if (!state.Roll.IsComplete)
        {
            return;
        }

        var now = time.GetTimestamp();
        var before = Shown?.State;
        if (before is not null && before.Version != state.Version && !IsBefore(before.Version, state.Version))
        {
            _superseded.Clear(); // the log has lost entries, or is another one: its versions lead nowhere
            _bytes = 0;
        }
        else if (before is not null && before.Version != state.Version)
        {
            var bytes = before.Roll.BytesBeside(state.Roll);
            _bytes += bytes;
            _superseded.Enqueue(new(before, now, bytes));
        }

        while (_superseded.TryPeek(out var oldest) && (now - oldest.At > _keepFor || _bytes > MaxBytes))
        {
            _bytes -= oldest.Bytes;
            _superseded.Dequeue();
        }

        Volatile.Write(
            ref _published,
            new(new(state, state.Roll.ReadAt()), _superseded.ToDictionary(version => version.State.Version, version => version.State)));
    }

    private static bool IsBefore(LogPosition one, LogPosition other) => one.Epoch == other.Epoch && one.Number < other.Number;

    private sealed record Published(ShownSnapshot? Shown, Dictionary<LogPosition, SnapshotState> Before);

    private readonly record struct Superseded(SnapshotState State, long At, long Bytes);
}

/// <summary>The newest complete version.</summary>
/// <param name="State">The state; its entries after the version have changed nothing.</param>
/// <param name="ReadAt">Departure since which no new run and no change of a state is unnoticed: the age of the version.</param>
internal sealed record ShownSnapshot(SnapshotState State, long ReadAt);
