using NclueGateway.Time;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The versions that callers can read: the newest one, and for <c>Snapshot:CursorsFor</c> those before it. One writer, any number of
/// readers without a lock.
/// </summary>
internal sealed class SnapshotVersions(SnapshotOptions options, TimeProvider time)
{
    /// <summary>Maximum memory of superseded versions beside the newest one, in bytes.</summary>
    private const long MaxBytes = 128 * 1024 * 1024;

    private readonly long _keepFor = time.Ticks(options.CursorsFor);
    private readonly Queue<Superseded> _superseded = [];
    private long _bytes;
    private ReadableSnapshot[] _published = [];

    /// <summary>The newest complete version, and before the first one the newest state; null until the first response.</summary>
    public ReadableSnapshot? Newest => Volatile.Read(ref _published) is [.., var newest] ? newest : null;

    /// <summary>The newest complete version; null until the list is complete for the first time.</summary>
    public ReadableSnapshot? Shown => Newest is { IsComplete: true } shown ? shown : null;

    /// <summary>Number of versions in memory.</summary>
    public int Count => Volatile.Read(ref _published).Length;

    /// <summary>Finds a version that is still kept.</summary>
    public ReadableSnapshot? Find(SnapshotVersion version) => From(version) is [var found, ..] ? found : null;

    /// <summary>Returns a version and those after it, in their order; none if it is not kept any more.</summary>
    public ReadOnlySpan<ReadableSnapshot> From(SnapshotVersion version)
    {
        var published = Volatile.Read(ref _published); // all of one log, by number
        var (place, end) = (0, published.Length);
        while (place < end)
        {
            var middle = (place + end) / 2;
            (place, end) = published[middle].Version.Number < version.Number ? (middle + 1, end) : (place, middle);
        }

        var found = place < published.Length && published[place].Version == version ? published.Length - place : 0;
        return published.AsSpan(published.Length - found);
    }

    /// <summary>
    /// Publishes a new state. After the first complete version, an incomplete state, which waits for rows that it lacks, leaves the newest
    /// version and its age, unless the list has proved to be unordered.
    /// </summary>
    public void Publish(SnapshotState state)
    {
        if (!state.Roll.IsComplete && Shown is { State.Roll: var shown } && !BecameUnordered(shown, state.Roll))
        {
            return;
        }

        var now = time.GetTimestamp();
        var before = Newest;
        if (before is not null && before.Version != SnapshotVersion.Of(state.Version) && !IsBefore(before.State, state))
        {
            _superseded.Clear(); // the log has lost entries, or is another one: its versions lead nowhere
            _bytes = 0;
        }
        else if (before is not null && before.Version != SnapshotVersion.Of(state.Version))
        {
            var bytes = before.State.Roll.BytesBeside(state.Roll);
            _bytes += bytes;
            _superseded.Enqueue(new(before, now, bytes));
        }

        while (_superseded.TryPeek(out var oldest) && (now - oldest.At > _keepFor || _bytes > MaxBytes))
        {
            _bytes -= oldest.Bytes;
            _superseded.Dequeue();
        }

        Volatile.Write(ref _published, [.. _superseded.Select(kept => kept.Snapshot), new(state, state.Roll.ReadAt())]);
    }

    /// <summary>
    /// Returns true if the list has proved to be unordered: runs may have been removed because of their places, so that the version before
    /// may lack some.
    /// </summary>
    private static bool BecameUnordered(Roll before, Roll now) =>
        before.Traits.Order != ListOrder.Unordered && now.Traits.Order == ListOrder.Unordered;

    private static bool IsBefore(SnapshotState one, SnapshotState other) =>
        one.Version.Epoch == other.Version.Epoch && one.Version.Number < other.Version.Number;

    private readonly record struct Superseded(ReadableSnapshot Snapshot, long At, long Bytes);
}

/// <summary>A version that callers can read.</summary>
/// <param name="State">The state; its entries after the version have changed nothing.</param>
/// <param name="ReadAt">Departure since which no new run and no change of a state is unnoticed: the age of the version.</param>
internal sealed record ReadableSnapshot(SnapshotState State, long ReadAt)
{
    /// <summary>The name of the version.</summary>
    public SnapshotVersion Version { get; } = SnapshotVersion.Of(State.Version);

    /// <summary>True if the version holds all runs.</summary>
    public bool IsComplete => State.Roll.IsComplete;
}
