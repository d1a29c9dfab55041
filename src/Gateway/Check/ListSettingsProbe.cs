using System.Globalization;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// What one answer tells of two settings that NCLUE's documentation leaves open. Where it cannot tell, that is what is found.
/// </summary>
internal static class ListSettingsProbe
{
    /// <summary>
    /// What the one call asks for, with a limit of 100: by rows it begins at row 10, by pages at row 1,000. So an account with 11 to 1,099 runs
    /// answers one or the other number of them, and most of the newest runs are among them where those come first.
    /// </summary>
    public const int Index = 10;

    /// <summary>Seconds of clock and network, not of a time zone.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    /// <summary>What <c>index</c> counts.</summary>
    /// <param name="configured">What it should count by <c>Nclue:IndexUnit</c>.</param>
    /// <param name="rows">The answer at <see cref="Index"/>.</param>
    /// <param name="first">The copy of block 0 that replicas share; null without one.</param>
    public static Finding OfIndexUnit(IndexUnit configured, TaskRunRows rows, TaskRunRows? first)
    {
        const string name = CheckReport.IndexUnit;
        var total = Account(rows) ?? Account(first);
        var answered = string.Create(CultureInfo.InvariantCulture,
            $"index={Index}&limit={TaskRunRows.Capacity} brought {rows.Count} runs{(total is null ? "" : $" of {total}")}");
        if (InferIndexUnit(rows, first, total) is { } counted)
        {
            return counted == configured
                ? Finding.Fine(name, $"{answered}: index counts {Words(counted)}, as set.")
                : Finding.Failed(
                    name, $"{answered}: index counts {Words(counted)}, but {configured} is set.", $"Set Nclue:IndexUnit to {counted}.");
        }

        if (total <= Index)
        {
            return Finding.Fine(name, $"{answered}: one block holds them all, whatever index counts.");
        }

        if (total is null && rows.Count > 0)
        {
            // Nobody knows how many there are, but by pages they would be many.
            var many = string.Create(CultureInfo.InvariantCulture, $"{Index * TaskRunRows.Capacity:N0}");
            return configured == IndexUnit.Row
                ? Finding.Fine(name, $"{answered}: index counts rows, as set, unless the account has more than {many} runs.")
                : Finding.Warning(
                    name,
                    $"{answered}: index counts rows, but {configured} is set, unless the account has more than {many} runs.",
                    $"If it has not, set Nclue:IndexUnit to {IndexUnit.Row}.");
        }

        return Finding.NotChecked(name, $"{answered}: one call cannot tell what index counts. A gateway that runs tells it in its log.");
    }

    /// <summary>
    /// Whether times without an offset can be those of a zone. Of the two zones that NCLUE may write, Korean time and UTC, one is ruled out when
    /// a run would have been created in the future by it.
    /// </summary>
    /// <param name="zone">The zone of <c>Nclue:TimeZone</c>.</param>
    /// <param name="created">When the runs of the answer were created, read in that zone.</param>
    /// <param name="now">The time by NCLUE's own clock, as far as that is known.</param>
    public static Finding OfTimeZone(TimeZoneInfo zone, IEnumerable<DateTimeOffset?> created, DateTimeOffset now)
    {
        const string name = CheckReport.TimeZone;
        if (created.Max() is not { } newest)
        {
            return Finding.NotChecked(name, "There is no run with a time in the answer.");
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
                $"Set Nclue:TimeZone to {(possible.Count > 0 ? string.Join(" or ", possible) : "the zone in which NCLUE writes its times")}.");
        }

        var seen = $"The newest run of the answer is {Words(age)} old:";
        return possible.Count == 0
            ? Finding.Fine(name, $"{seen} that fits {zone.Id} and not {string.Join(" or ", others.Select(other => other.Zone))}.")
            : Finding.NotChecked(name, $"{seen} {zone.Id} fits, and {string.Join(" and ", possible)} would too. One call cannot tell.");
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

        // By rows, the answer begins within block 0.
        return first?.Count > Index
            ? rows.IdHashes.Any(id => id != 0 && first.IdHashes.Contains(id)) ? IndexUnit.Row : IndexUnit.Page
            : null;
    }

    /// <summary>A <c>total</c> that is more than the answer holds counts the account.</summary>
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
