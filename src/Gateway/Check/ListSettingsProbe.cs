using System.Globalization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// Infers two settings that NCLUE's documentation leaves open from one response. If that is not possible, the finding
/// states it.
/// </summary>
internal static class ListSettingsProbe
{
    /// <summary>
    /// Index of the only call, which has a limit of 100. If the unit is rows, the response begins at row 10; if it is
    /// pages, at row 1,000. So for an account with 11 to 1,099 runs the number of received rows shows the unit. If the
    /// newest runs come first, most of the newest are in the response.
    /// </summary>
    public const int Index = 10;

    /// <summary>Allowance for clocks and network, far below an offset of time zones.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    /// <summary>Returns the finding about the unit of <c>index</c>.</summary>
    /// <param name="configured">The unit in <c>Nclue:IndexUnit</c>.</param>
    /// <param name="rows">The response at <see cref="Index"/>.</param>
    /// <param name="first">The copy of block 0 that replicas share; null without one.</param>
    public static Finding OfIndexUnit(IndexUnit configured, TaskRunRows rows, TaskRunRows? first)
    {
        const string name = CheckReport.IndexUnit;
        var total = Account(rows) ?? Account(first);
        var observed = string.Create(CultureInfo.InvariantCulture,
            $"index={Index}&limit={TaskRunRows.Capacity} returned {rows.Count} runs{(total is null ? "" : $" of {total}")}");
        if (InferIndexUnit(rows, first, total) is { } counted)
        {
            return counted == configured
                ? Finding.Fine(name, $"{observed}: index counts {Words(counted)}, as set.")
                : Finding.Failed(
                    name, $"{observed}: index counts {Words(counted)}, but {configured} is set.", $"Set Nclue:IndexUnit to {counted}.");
        }

        if (total <= Index)
        {
            return Finding.Fine(name, $"{observed}: one block contains all of them, so the unit of index has no effect.");
        }

        if (total is null && rows.Count > 0)
        {
            // The total is unknown. If index counted pages, the account would have more than 1,000 runs.
            var many = string.Create(CultureInfo.InvariantCulture, $"{Index * TaskRunRows.Capacity:N0}");
            return configured == IndexUnit.Row
                ? Finding.Fine(name, $"{observed}: index counts rows, as set, unless the account has more than {many} runs.")
                : Finding.Warning(
                    name,
                    $"{observed}: index counts rows, but {configured} is set, unless the account has more than {many} runs.",
                    $"If it has fewer, set Nclue:IndexUnit to {IndexUnit.Row}.");
        }

        return Finding.NotChecked(
            name,
            $"{observed}: one call cannot determine what index counts. A running gateway determines it and logs it.");
    }

    /// <summary>
    /// Checks whether times without an offset can be those of a zone. NCLUE may use one of two zones, Korean time or
    /// UTC. A zone is ruled out if a run would then have been created in the future.
    /// </summary>
    /// <param name="zone">The zone of <c>Nclue:TimeZone</c>.</param>
    /// <param name="created">Times at which the runs in the response were created, read in that zone.</param>
    /// <param name="now">The time by NCLUE's own clock, as far as it is known.</param>
    public static Finding OfTimeZone(TimeZoneInfo zone, IEnumerable<DateTimeOffset?> created, DateTimeOffset now)
    {
        const string name = CheckReport.TimeZone;
        if (created.Max() is not { } newest)
        {
            return Finding.NotChecked(name, "No run in the response has a time.");
        }

        var age = now - newest;
        var others = new (string Zone, TimeSpan Offset)[] { ("UTC", TimeSpan.Zero), ("Asia/Seoul", TimeSpan.FromHours(9)) }
            .Where(other => other.Offset != newest.Offset)
            .ToList();
        var possible = others.Where(other => age + other.Offset - newest.Offset >= -Tolerance).Select(other => other.Zone).ToList();
        if (age < -Tolerance)
        {
            return Finding.Failed(
                name,
                $"A run was created {Words(-age)} from now when its time is read in {zone.Id}.",
                $"Set Nclue:TimeZone to {(possible.Count > 0 ? string.Join(" or ", possible) : "the time zone of NCLUE's times")}.");
        }

        var seen = $"The newest run in the response is {Words(age)} old:";
        return possible.Count == 0
            ? Finding.Fine(name, $"{seen} that fits {zone.Id} and not {string.Join(" or ", others.Select(other => other.Zone))}.")
            : Finding.NotChecked(
                name,
                $"{seen} {zone.Id} fits, and {string.Join(" and ", possible)} would too. One call cannot determine it.");
    }

    private static IndexUnit? InferIndexUnit(TaskRunRows rows, TaskRunRows? first, long? total)
    {
        if (total is { } all)
        {
            var byRow = Expected(all - Index);
            var byPage = Expected(all - (Index * TaskRunRows.Capacity));
            if (byRow != byPage && (rows.Count == byRow || rows.Count == byPage))
            {
                return rows.Count == byRow ? IndexUnit.Row : IndexUnit.Page;
            }
        }

        // By rows, the response begins within block 0.
        return first?.Count > Index
            ? rows.IdHashes.Any(id => id != 0 && first.IdHashes.Contains(id)) ? IndexUnit.Row : IndexUnit.Page
            : null;
    }

    /// <summary>Returns the number of runs of the account: a <c>total</c> above the number of rows is one.</summary>
    private static long? Account(TaskRunRows? rows) => rows?.Total > rows?.Count ? rows?.Total : null;

    private static int Expected(long rows) => (int)Math.Clamp(rows, 0, TaskRunRows.Capacity);

    private static string Words(IndexUnit unit) => unit == IndexUnit.Row ? "rows" : "pages";

    private static string Words(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalMinutes):0} min"),
    };
}
