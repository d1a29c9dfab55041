using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Counts runs by the hour or day of their creation.</summary>
/// <param name="unit">The length of a bucket.</param>
/// <param name="zone">The zone in which hours and days begin.</param>
internal sealed class SummaryBuckets(SummaryUnit unit, TimeZoneInfo zone)
{
    /// <summary>Maximum number of buckets.</summary>
    public const int Max = 400;

    private readonly Dictionary<DateTimeOffset, (int Completed, int Failed, int Other)> _counts = [];

    /// <summary>Counts a run, if it has a time of creation.</summary>
    public void Add(RunColumns run)
    {
        if (run.CreatedAt is { } createdAt)
        {
            var from = Begin(createdAt);
            var (completed, failed, other) = _counts.GetValueOrDefault(from);
            _counts[from] = run.Status switch
            {
                TaskRunStatus.Completed => (completed + 1, failed, other),
                TaskRunStatus.Failed => (completed, failed + 1, other),
                _ => (completed, failed, other + 1),
            };
        }
    }

    /// <summary>
    /// Returns the counts from the first to the last run's hour or day, also those without a run; null if there are more than
    /// <see cref="Max"/>.
    /// </summary>
    public IReadOnlyList<CreatedCount>? ToCounts()
    {
        var buckets = new List<CreatedCount>();
        if (_counts.Count == 0)
        {
            return buckets;
        }

        var last = _counts.Keys.Max();
        for (var from = _counts.Keys.Min(); from <= last; from = Next(from))
        {
            if (buckets.Count == Max)
            {
                return null;
            }

            var (completed, failed, other) = _counts.GetValueOrDefault(from);
            buckets.Add(new() { From = from, Completed = completed, Failed = failed, Other = other });
        }

        return buckets;
    }

    private DateTimeOffset Begin(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        return unit == SummaryUnit.Day
            ? QueryTime.Midnight(local.Date, zone) ?? local
            : new DateTimeOffset(local.Ticks - (local.Ticks % TimeSpan.TicksPerHour), local.Offset);
    }

    /// <summary>Returns the next bucket; a day may have 23 or 25 hours.</summary>
    private DateTimeOffset Next(DateTimeOffset from) =>
        Begin(from + (unit == SummaryUnit.Day ? TimeSpan.FromHours(36) : TimeSpan.FromHours(1)));
}
