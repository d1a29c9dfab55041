using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>Normalizes responses for the mirror, and logs once what hints at a wrong setting or at an upstream that has changed.</summary>
[LogCategory("NclueGateway.TaskRuns.BlockRefresher")]
internal sealed partial class DiagnosingNormalizer : IRowNormalizer
{
    /// <summary>Maximum number of unknown statuses that are logged; all are counted.</summary>
    private const int MaxStatuses = 50;

    /// <summary>Tolerated difference of a time from a whole hour, and from its neighbour: seconds of clock and network, not of a time zone.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private readonly TaskRunNormalizer _normalizer;
    private readonly BlockCache _list;
    private readonly NclueOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, bool> _statuses = new(StringComparer.Ordinal);
    private long _unknownStatuses;
    private int _saidZone;
    private int _saidIndexUnit;

    public DiagnosingNormalizer(
        TaskRunNormalizer normalizer,
        BlockCache list,
        IMeterFactory meters,
        NclueOptions options,
        TimeProvider time,
        ILogger<DiagnosingNormalizer> logger)
    {
        (_normalizer, _list, _options, _time, _logger) = (normalizer, list, options, time, logger);
        meters.CreateGatewayMeter().CreateObservableCounter(
            "nclue_gateway.unknown_statuses", () => Volatile.Read(ref _unknownStatuses), "{run}", "Runs received with a status that is not documented.");
    }

    public bool TryNormalize(
        int block,
        long departedAt,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out TaskRunRows? rows,
        [NotNullWhen(false)] out string? error)
    {
        rows = null;
        if (!_normalizer.TryNormalize(body, out var answer, out error))
        {
            return false;
        }

        DetectUnknownStatuses(answer);
        DetectMisconfiguration(block, departedAt, answer);
        rows = answer.Rows;
        return true;
    }

    private void DetectUnknownStatuses(NormalizedAnswer answer)
    {
        Interlocked.Add(ref _unknownStatuses, answer.UnknownStatusCount);
        foreach (var status in answer.UnknownStatuses.Where(status => _statuses.Count < MaxStatuses && _statuses.TryAdd(status, true)))
        {
            UnknownStatus(_logger, status);
        }
    }

    /// <summary>Compares a response with what was known before.</summary>
    private void DetectMisconfiguration(int block, long departedAt, NormalizedAnswer answer)
    {
        if (block == 1 && answer.Rows.Count == 0
            && _list.TryGet(0, out var first) && first.Block.Rows is { IsFull: true, Total: { } total and > TaskRunRows.Capacity }
            && Interlocked.Exchange(ref _saidIndexUnit, 1) == 0)
        {
            WrongIndexUnit(_logger, total, _options.IndexUnit);
        }

        if (Volatile.Read(ref _saidZone) == 0 && NewRunHoursOff(block, departedAt, answer) is { } hours && Interlocked.Exchange(ref _saidZone, 1) == 0)
        {
            WrongZone(_logger, hours, _options.TimeZone);
        }
    }

    /// <summary>
    /// The whole hours by which a run that has just appeared seems to have been created in the past or the future. A run that was not there
    /// at the last refresh was created since; when its time says otherwise by whole hours, it is read in the wrong zone.
    /// </summary>
    private int? NewRunHoursOff(int block, long departedAt, NormalizedAnswer answer)
    {
        if (!_list.TryGet(block, out var before) || _time.GetElapsedTime(before.Block.DepartedAt, departedAt) > Tolerance)
        {
            return null;
        }

        // Few times are whole hours off, so the look at all that was known before is rare.
        var now = _time.GetUtcNow();
        for (var row = 0; row < answer.Rows.Count; row++)
        {
            if (answer.CreatedAt[row] is { } created && HoursOff(created - now) is { } hours
                && !_list.Blocks.Any(held => held.Block.Rows.IdHashes.Contains(answer.Rows.IdHashes[row])))
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

    [LoggerMessage(5, LogLevel.Warning, "NCLUE sends the status '{Status}', which is not documented; callers see 'unknown'.")]
    private static partial void UnknownStatus(ILogger logger, string status);

    [LoggerMessage(6, LogLevel.Warning,
        "Nclue:IndexUnit is probably wrong: NCLUE counts {Total} runs, but none after the first 100 when index counts by {IndexUnit}.")]
    private static partial void WrongIndexUnit(ILogger logger, long total, IndexUnit indexUnit);

    [LoggerMessage(7, LogLevel.Warning,
        "Nclue:TimeZone is probably wrong: a run that has just appeared seems to be {Hours} hours off when its time is read in {TimeZone}.")]
    private static partial void WrongZone(ILogger logger, int hours, string timeZone);
}
