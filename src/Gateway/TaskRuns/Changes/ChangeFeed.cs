using NclueGateway.Hosting;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Prepares the changes of each new version, and then wakes the readers. The writer of the list does not wait for it.</summary>
[LogCategory("NclueGateway.TaskRuns.Changes")]
internal sealed partial class ChangeFeed(
    SnapshotWriter writer,
    SnapshotVersions versions,
    ChangeSets sets,
    OpenStreams open,
    DepartureClock clock,
    ChangesMetrics metrics,
    ILogger<ChangeFeed> logger) : IHostedService
{
    private ReadableSnapshot? _notified;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        writer.Advanced += Advance;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        writer.Advanced -= Advance;
        return Task.CompletedTask;
    }

    private void Advance(object? sender, EventArgs e) =>
        ThreadPool.UnsafeQueueUserWorkItem(static feed => feed.Notify(), this, preferLocal: false);

    private void Notify()
    {
        if (open.Count == 0)
        {
            sets.Skip();
            return;
        }

        // Most responses of a pass over all rows change neither the newest version nor its age: no reader has to look.
        var newest = versions.Newest;
        if (Interlocked.Exchange(ref _notified, newest) is { } last && newest is not null
            && (last.Version, last.ReadAt, last.State.Roll.Count) == (newest.Version, newest.ReadAt, newest.State.Roll.Count))
        {
            return;
        }

        try
        {
            foreach (var since in sets.Prepare().Select(set => set.UnseenSince).OfType<long>())
            {
                metrics.Detected(clock.AgeOf(since));
            }
        }
        catch (Exception defect)
        {
            Unforeseen(logger, defect);
        }

        _ = open.WakeAsync(); // readers may wake while it continues; a second one at the same time does no harm
    }

    [LoggerMessage(1, LogLevel.Error, "The gateway failed to compute the changes of a version.")]
    private static partial void Unforeseen(ILogger logger, Exception defect);
}
