using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Normalizes responses for the mirror. Logs each sign of a wrong setting or of a change at the upstream once.
/// </summary>
[LogCategory("NclueGateway.TaskRuns.BlockRefresher")]
internal sealed partial class DiagnosingNormalizer : IRowNormalizer
{
    /// <summary>Maximum number of unknown statuses that are logged; all are counted.</summary>
    private const int MaxStatuses = 50;

    /// <summary>
    /// Maximum deviation of a time difference from whole hours; a larger one is caused by clock skew and latency, not
    /// by a wrong time zone. It is also the maximum time between two refreshes that are compared.
    /// </summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private readonly TaskRunNormalizer _normalizer;
    private readonly BlockCache _blocks;
    private readonly NclueOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, bool> _statuses = new(StringComparer.Ordinal);
    private long _unknownStatuses;
    private int _isZoneLogged;
    private int _isIndexUnitLogged;

    public DiagnosingNormalizer(
        TaskRunNormalizer normalizer,
        BlockCache blocks,
        IMeterFactory meters,
        NclueOptions options,
        TimeProvider time,
        ILogger<DiagnosingNormalizer> logger)
    {
        (_normalizer, _blocks, _options, _time, _logger) = (normalizer, blocks, options, time, logger);
        meters.CreateGatewayMeter().CreateObservableCounter(
            "nclue_gateway.unknown_statuses",
            () => Volatile.Read(ref _unknownStatuses),
            "{run}",
            "Runs received with a status that is not documented.");
    }

    public bool TryNormalize(
        int block,
        long departedAt,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out NormalizedRows? rows,
        [NotNullWhen(false)] out string? error)
    {
        rows = null;
        if (!_normalizer.TryNormalize(body, out var response, out error))
        {
            return false;
        }

        DetectUnknownStatuses(response);
        DetectMisconfiguration(block, departedAt, response);
        rows = response;
        return true;
    }

    private void DetectUnknownStatuses(NormalizedResponse response)
    {
        Interlocked.Add(ref _unknownStatuses, response.UnknownStatuses.Count);
        foreach (var status in response.UnknownStatuses.Where(status => _statuses.Count < MaxStatuses && _statuses.TryAdd(status, true)))
        {
            UnknownStatus(_logger, status);
        }
    }

    /// <summary>
    /// Compares a response with the cached blocks, and logs signs of a wrong index unit or time zone.
    /// </summary>
    private void DetectMisconfiguration(int block, long departedAt, NormalizedResponse response)
    {
        if (block == 1 && response.Rows.Count == 0
            && _blocks.TryGet(0, out var first) && first.Block.Rows is { IsFull: true, Total: { } total and > TaskRunRows.Capacity }
            && Interlocked.Exchange(ref _isIndexUnitLogged, 1) == 0)
        {
            WrongIndexUnit(_logger, total, _options.IndexUnit);
        }

        if (Volatile.Read(ref _isZoneLogged) == 0
            && NewRunHoursOff(block, departedAt, response) is { } hours
            && Interlocked.Exchange(ref _isZoneLogged, 1) == 0)
        {
            WrongZone(_logger, hours, _options.TimeZone);
        }
    }

    /// <summary>
    /// Returns the whole hours by which the creation time of a new run differs from the current time; null without such
    /// a run. A run that was missing at the last refresh was created since then. If its time differs by whole hours,
    /// the configured time zone is wrong.
    /// </summary>
    private int? NewRunHoursOff(int block, long departedAt, NormalizedResponse response)
    {
        if (!_blocks.TryGet(block, out var before) || _time.GetElapsedTime(before.Block.DepartedAt, departedAt) > Tolerance)
        {
            return null;
        }

        // Few times differ by whole hours, so the search in all blocks is rare.
        var now = _time.GetUtcNow();
        for (var row = 0; row < response.Rows.Count; row++)
        {
            if (response.Runs[row]?.CreatedAt is { } created && HoursOff(created - now) is { } hours
                && !_blocks.Blocks.Any(held => held.Block.Rows.IdHashes.Contains(response.Rows.IdHashes[row])))
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
        "Nclue:TimeZone is probably wrong: a run that has just appeared seems to be {Hours} hours off when its time is "
        + "read in {TimeZone}.")]
    private static partial void WrongZone(ILogger logger, int hours, string timeZone);
}
