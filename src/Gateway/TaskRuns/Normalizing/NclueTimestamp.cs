using System.Globalization;
using System.Text.RegularExpressions;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Parses the upstream's times. The documentation names "ISO 8601" and shows <c>2024-11-22T08:54:46</c>. It does not
/// specify whether that is Korean time or UTC, so a time without an offset is read in the zone of
/// <c>Nclue:TimeZone</c>.
/// </summary>
internal static partial class NclueTimestamp
{
    private static readonly string[] DateTimeFormats = ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd't'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss"];
    private static readonly string[] OffsetFormats = [@"hh\:mm", "hhmm", "hh"];

    /// <summary>
    /// Returns the time in whole seconds (a fraction is cut off), with the zone's offset at that time. Null when it
    /// cannot be read or is outside the years 1 to 9999. A local time that a clock change skips or repeats is read as
    /// standard time.
    /// </summary>
    public static DateTimeOffset? Parse(string? text, TimeZoneInfo zone)
    {
        if (Form().Match(text ?? "") is not { Success: true } form
            || !DateTime.TryParseExact(
                form.Groups["local"].ValueSpan, DateTimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        var offset = form.Groups["offset"].ValueSpan;
        var style = offset is ['-', ..] ? TimeSpanStyles.AssumeNegative : TimeSpanStyles.None;
        return offset is "" ? InZone(local.Ticks - zone.GetUtcOffset(local).Ticks, zone)
            : offset is "Z" or "z" ? InZone(local.Ticks, zone)
            : TimeSpan.TryParseExact(offset[1..], OffsetFormats, CultureInfo.InvariantCulture, style, out var ahead)
                ? InZone(local.Ticks - ahead.Ticks, zone)
            : null;
    }

    private static DateTimeOffset? InZone(long utcTicks, TimeZoneInfo zone)
    {
        if (!IsInCalendar(utcTicks))
        {
            return null;
        }

        var offset = zone.GetUtcOffset(new DateTime(utcTicks, DateTimeKind.Utc));
        return IsInCalendar(utcTicks + offset.Ticks) ? new DateTimeOffset(utcTicks + offset.Ticks, offset) : null;
    }

    private static bool IsInCalendar(long ticks) => ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks;

    // A fraction has any number of digits (RFC 3339 §5.6). The offset is Z, +09:00, +0900 or +09.
    [GeneratedRegex(
        @"\A(?<local>[0-9-]{10}[Tt ][0-9:]{8})(\.[0-9]+)?(?<offset>[Zz]|[+-][0-9:]{2,5})?\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
