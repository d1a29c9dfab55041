using NclueGateway.Upstream;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Logs the outcomes of requests to the upstream. A repeated failure is logged once, and once more with its count when
/// it ends.
/// </summary>
internal sealed partial class RefreshDiagnostics(ILogger<Refresher> logger, NclueOptions options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _unreadable = [];
    private NclueFailureKind? _failing;
    private int _repeated;

    /// <summary>Logs the share of the budget when replicas divide it without Redis.</summary>
    public void Started(TimeSpan interval)
    {
        if (interval > options.RequestInterval)
        {
            SharesBudget(logger, options.ReplicaCount, interval.TotalSeconds);
        }
    }

    /// <summary>Records the outcome of a request.</summary>
    public void RecordOutcome(int block, NclueFailure? failure)
    {
        lock (_lock)
        {
            if (failure is { Kind: NclueFailureKind.Unreadable })
            {
                // Unreadable responses are logged for each block, because they are not a failure of the whole upstream.
                if (_unreadable.Add(block))
                {
                    Failed(logger, block, failure.Kind, failure.Detail);
                }

                failure = null;
            }
            else if (failure is null && _unreadable.Remove(block))
            {
                ReadableAgain(logger, block);
            }

            if (failure?.Kind == _failing)
            {
                _repeated++;
                return;
            }

            if (_failing is { } ended && _repeated > 0)
            {
                Repeated(logger, ended, _repeated + 1);
            }

            if (failure is null)
            {
                Recovered(logger);
            }
            else
            {
                Failed(logger, block, failure.Kind, failure.Detail);
            }

            (_failing, _repeated) = (failure?.Kind, 0);
        }
    }

    /// <summary>Logs an unexpected exception of the gateway's own code.</summary>
    public void Defect(Exception defect) => Unforeseen(logger, defect);

    [LoggerMessage(1, LogLevel.Warning, "NCLUE could not be read (block {Block}, {Kind}): {Detail} Repetitions are counted, not logged.")]
    private static partial void Failed(ILogger logger, int block, NclueFailureKind kind, string detail);

    [LoggerMessage(2, LogLevel.Warning, "{Kind} happened {Count} times in a row.")]
    private static partial void Repeated(ILogger logger, NclueFailureKind kind, int count);

    [LoggerMessage(3, LogLevel.Information, "NCLUE can be read again.")]
    private static partial void Recovered(ILogger logger);

    [LoggerMessage(9, LogLevel.Information, "Block {Block} can be read again.")]
    private static partial void ReadableAgain(ILogger logger, int block);

    [LoggerMessage(4, LogLevel.Error, "The gateway failed to send a request to NCLUE.")]
    private static partial void Unforeseen(ILogger logger, Exception defect);

    [LoggerMessage(8, LogLevel.Warning,
        "Without Redis, each of Nclue:ReplicaCount = {Count} replicas sends at most one request every {Seconds} s, "
        + "its share of the budget.")]
    private static partial void SharesBudget(ILogger logger, int count, double seconds);
}
