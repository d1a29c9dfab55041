using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using NclueGateway.Nclue;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.TaskRuns;

/// <summary>
/// What the log says of the upstream. A failure that repeats is one line, and one more with its count when it ends; a peculiarity of
/// the data is one line for as long as the process lives.
/// </summary>
internal sealed partial class RefreshLog(ILogger<BlockRefresher> logger, IMeterFactory meters, NclueOptions options, TimeProvider time)
{
    /// <summary>How many different unknown statuses are logged; the count goes on.</summary>
    private const int MostStatuses = 50;

    /// <summary>How far from a whole hour a time may be off, and from its neighbour: seconds of clock and network, not of a time zone.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private readonly Counter<long> _unknownStatuses = meters.CreateGatewayMeter()
        .CreateCounter<long>("nclue_gateway.unknown_statuses", "{run}", "Runs received with a status that is not documented.");

    private readonly ConcurrentDictionary<string, bool> _statuses = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly HashSet<int> _unreadable = [];
    private NclueFailureKind? _failing;
    private int _failures;
    private bool _saidZone;
    private bool _saidIndexUnit;

    /// <summary>Replicas that share nothing divide the budget.</summary>
    public void Started(TimeSpan interval)
    {
        _unknownStatuses.Add(0); // there before the first one: else Prometheus would miss that
        if (interval > options.RequestInterval)
        {
            SharesBudget(logger, options.ReplicaCount, interval.TotalSeconds);
        }
    }

    /// <summary>A call has ended.</summary>
    public void Took(int block, NclueFailure? failure)
    {
        lock (_lock)
        {
            if (failure is { Kind: NclueFailureKind.Unreadable })
            {
                // This is about the block alone, and so is its end.
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

            if (failure?.Kind != _failing && _failing is { } ended && _failures > 1)
            {
                Repeated(logger, ended, _failures);
            }

            if (failure is null)
            {
                if (_failing is not null)
                {
                    Recovered(logger);
                }

                _failing = null;
                _failures = 0;
            }
            else if (failure.Kind == _failing)
            {
                _failures++;
            }
            else
            {
                _failing = failure.Kind;
                _failures = 1;
                Failed(logger, block, failure.Kind, failure.Detail);
            }
        }
    }

    /// <summary>Something that the gateway's own code did not foresee.</summary>
    public void Defect(Exception defect) => Unforeseen(logger, defect);

    /// <summary>Looks for what hints at a wrong setting or an upstream that has changed.</summary>
    /// <param name="block">What came.</param>
    /// <param name="answer">What it was made from.</param>
    /// <param name="list">What was known before.</param>
    /// <returns>Tells of it. To be called when no lock is held that a read may need: nobody knows how long the log takes.</returns>
    public Action? Examine(TaskRunBlock block, NormalizedAnswer answer, TaskRunList list)
    {
        Action? tell = null;
        if (answer.UnknownStatusCount > 0)
        {
            _unknownStatuses.Add(answer.UnknownStatusCount);
            foreach (var status in answer.UnknownStatuses.Where(s => _statuses.Count < MostStatuses && _statuses.TryAdd(s, true)))
            {
                tell += () => UnknownStatus(logger, status);
            }
        }

        if (!_saidIndexUnit && block is { Number: 1, Rows.Count: 0 }
            && list.Blocks.TryGet(0, out var first) && first.Block.Rows is { IsFull: true, Total: { } total and > TaskRunRows.Capacity })
        {
            _saidIndexUnit = true;
            tell += () => WrongIndexUnit(logger, total, options.IndexUnit);
        }

        if (!_saidZone && NewRunHoursOff(block, answer, list) is { } hours)
        {
            _saidZone = true;
            tell += () => WrongZone(logger, hours, options.TimeZone);
        }

        return tell;
    }

    /// <summary>
    /// The whole hours by which a run that has just appeared seems to have been created in the past or the future. A run that was not there
    /// at the last refresh was created since; when its time says otherwise by whole hours, it is read in the wrong zone.
    /// </summary>
    private int? NewRunHoursOff(TaskRunBlock block, NormalizedAnswer answer, TaskRunList list)
    {
        if (!list.Blocks.TryGet(block.Number, out var before) || time.GetElapsedTime(before.Block.DepartedAt, block.DepartedAt) > Tolerance)
        {
            return null;
        }

        // Few times are whole hours off, so the look at all that was known before is rare.
        var now = time.GetUtcNow();
        for (var row = 0; row < block.Rows.Count; row++)
        {
            if (answer.CreatedAt[row] is { } created && HoursOff(created - now) is { } hours
                && !list.Blocks.All.Any(b => b.Value.Block.Rows.IdHashes.Contains(block.Rows.IdHashes[row])))
            {
                return hours;
            }
        }

        return null;
    }

    private static int? HoursOff(TimeSpan off)
    {
        var hours = (int)Math.Round(off.TotalHours);
        return hours is not 0 and >= -14 and <= 14 && (off - TimeSpan.FromHours(hours)).Duration() <= Tolerance ? hours : null;
    }

    [LoggerMessage(1, LogLevel.Warning, "NCLUE could not be read (block {Block}, {Kind}): {Detail} Repetitions are counted, not logged.")]
    private static partial void Failed(ILogger logger, int block, NclueFailureKind kind, string detail);

    [LoggerMessage(2, LogLevel.Warning, "{Kind} happened {Count} times in a row.")]
    private static partial void Repeated(ILogger logger, NclueFailureKind kind, int count);

    [LoggerMessage(3, LogLevel.Information, "NCLUE can be read again.")]
    private static partial void Recovered(ILogger logger);

    [LoggerMessage(9, LogLevel.Information, "Block {Block} can be read again.")]
    private static partial void ReadableAgain(ILogger logger, int block);

    [LoggerMessage(4, LogLevel.Error, "The gateway failed to make a call to NCLUE.")]
    private static partial void Unforeseen(ILogger logger, Exception defect);

    [LoggerMessage(5, LogLevel.Warning, "NCLUE sends the status '{Status}', which is not documented; callers see 'unknown'.")]
    private static partial void UnknownStatus(ILogger logger, string status);

    [LoggerMessage(6, LogLevel.Warning,
        "Nclue:IndexUnit is probably wrong: NCLUE counts {Total} runs, but none after the first 100 when index counts by {IndexUnit}.")]
    private static partial void WrongIndexUnit(ILogger logger, long total, IndexUnit indexUnit);

    [LoggerMessage(7, LogLevel.Warning,
        "Nclue:TimeZone is probably wrong: a run that has just appeared seems to be {Hours} hours off when its time is read in {TimeZone}.")]
    private static partial void WrongZone(ILogger logger, int hours, string timeZone);

    [LoggerMessage(8, LogLevel.Warning,
        "Without Redis, each of Nclue:ReplicaCount = {Count} replicas sends at most one request every {Seconds} s, its share of the budget.")]
    private static partial void SharesBudget(ILogger logger, int count, double seconds);
}
