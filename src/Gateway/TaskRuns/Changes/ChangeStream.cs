using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Time;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// Sends the messages of event streams. A stream goes from version to version at the pace of its reader, so that a slow one costs no
/// memory and delays none; when its version is no longer kept, it gets a reset.
/// </summary>
internal sealed class ChangeStream(
    SnapshotReader reader,
    SnapshotWriter writer,
    SnapshotVersions versions,
    ChangeSets sets,
    ChangeEvents events,
    ChangesMetrics metrics,
    TimeProvider time)
{
    /// <summary>Least time after which a browser opens the next stream, in milliseconds. Each stream has a time of its own.</summary>
    private const int LeastRetry = 2_000;

    private const int MostRetry = 5_000;

    /// <summary>Sends the messages of a stream until it ends.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="since">The version that the reader has; null if it has none, or one that leads nowhere.</param>
    /// <param name="output">Writes to the connection.</param>
    /// <param name="cancellationToken">Cancelled when the caller disconnects.</param>
    public async Task SendAsync(OpenStream stream, SnapshotVersion? since, EventStreamWriter output, CancellationToken cancellationToken)
    {
        var place = new Place(since);
        output.WriteRetry(TimeSpan.FromMilliseconds(Random.Shared.Next(LeastRetry, MostRetry + 1)));
        for (; ; await stream.WaitAsync(cancellationToken))
        {
            var isUnreadable = place.Version is { } version
                && await reader.LocateAsync(version, cancellationToken) == VersionPlace.Unreadable;
            while (stream.End is null && Next(stream, place, isUnreadable) is { } message)
            {
                stream.SentAt = time.GetTimestamp();
                await output.WriteAsync(message);
            }

            if (stream.End is { } reason)
            {
                await output.WriteAsync(ChangeEvents.End(reason, place.Version));
                await output.FlushAsync();
                return;
            }

            await output.FlushAsync();
        }
    }

    /// <summary>Returns the next message, and moves the place; null if there is none now.</summary>
    private EventMessage? Next(OpenStream stream, Place place, bool isUnreadable)
    {
        if (versions.Shown is not { } shown)
        {
            return NextProgress(stream, place);
        }

        if (isUnreadable)
        {
            // Another replica has sent a version that this one cannot read yet: the reader stays there, and learns how old the list is.
            return IsSilent(stream) ? events.BookmarkAt(place.Version!.Value, shown) : null;
        }

        if (place is { HasBegun: false, Version: { } start } && versions.Find(start) is { IsComplete: true } found)
        {
            return Bookmark(place, found);
        }

        var step = place.Version is { } version ? sets.After(version) : ChangeStep.Reset;
        for (; step.Changes is { Count: 0 } empty; step = sets.After(empty.Version))
        {
            place.Version = empty.Version; // only places in NCLUE's order have changed: the next bookmark names the version
        }

        if (step.IsReset)
        {
            metrics.Reset();
            (place.HasBegun, place.Version, place.ReadAt) = (true, shown.Version, shown.ReadAt);
            return events.Reset(shown);
        }

        if (step.Changes is { } changes)
        {
            place.Version = changes.Version;
            metrics.Sent(1);
            return changes.Message;
        }

        // The version may have been replaced meanwhile, and be kept no longer: then the next wake leads on, or resets.
        return versions.Find(place.Version!.Value) is { } newest && (newest.ReadAt > place.ReadAt || IsSilent(stream))
            ? Bookmark(place, newest)
            : null;
    }

    private EventMessage? NextProgress(OpenStream stream, Place place)
    {
        var roll = writer.State.Roll;
        var isNews = place.Runs != roll.Count;
        (place.Version, place.Runs) = (null, roll.Count); // when the list is complete, it has to be read
        return isNews || IsSilent(stream) ? events.Progress(roll) : null;
    }

    private EventMessage Bookmark(Place place, ReadableSnapshot version)
    {
        (place.HasBegun, place.ReadAt) = (true, version.ReadAt);
        return events.Bookmark(version);
    }

    /// <summary>Returns true if a message is due, so that readers and proxies see that the stream is alive.</summary>
    private bool IsSilent(OpenStream stream) => stream.SentAt == long.MaxValue
        || time.GetTimestamp() - stream.SentAt >= time.Ticks(OpenStreams.Heartbeat - OpenStreams.LookEvery);

    /// <summary>The place of a reader.</summary>
    private sealed class Place(SnapshotVersion? version)
    {
        /// <summary>The version that the reader has; null if it has none.</summary>
        public SnapshotVersion? Version { get; set; } = version;

        /// <summary>Departure of the last bookmark.</summary>
        public long ReadAt { get; set; } = long.MinValue;

        /// <summary>True after the first bookmark.</summary>
        public bool HasBegun { get; set; }

        /// <summary>Number of runs of the last progress.</summary>
        public int Runs { get; set; } = -1;
    }
}
