using NclueGateway.Hosting;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>Logs what happens to the snapshot.</summary>
[LogCategory("NclueGateway.TaskRuns.Snapshot")]
internal sealed partial class SnapshotDiagnostics(ILogger<SnapshotDiagnostics> logger)
{
    private int _isUnordered;

    /// <summary>Logs once that the list is unordered.</summary>
    public void Published(SnapshotState state, ListOrder order)
    {
        if (order == ListOrder.Unordered && Interlocked.Exchange(ref _isUnordered, 1) == 0)
        {
            Unordered(logger);
        }
    }

    /// <summary>Logs an exception that the gateway's own code did not expect.</summary>
    public void Defect(Exception defect) => Unforeseen(logger, defect);

    [LoggerMessage(1, LogLevel.Warning,
        "NCLUE lists runs in an order that changes: deletions are noticed only after two whole reads of the list.")]
    private static partial void Unordered(ILogger logger);

    [LoggerMessage(2, LogLevel.Error, "The gateway failed to take in a response of NCLUE.")]
    private static partial void Unforeseen(ILogger logger, Exception defect);
}
