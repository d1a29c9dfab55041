using System.Globalization;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Parses the upstream's times. The documentation names "ISO 8601" and shows <c>2024-11-22T08:54:46</c>. It does not
/// specify whether that is Korean time or UTC, so a time without an offset is read in the zone of
/// <c>Nclue:TimeZone</c>.
/// </summary>
internal static class NclueTimestamp
{
    private const int DateTimeLength = 19;

    private static readonly string[] DateTimeFormats = ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd't'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss"];
    private static readonly string[] OffsetFormats = [@"hh\:mm", "hhmm", "hh"];

    /// <summary>
    /// Returns the time in whole seconds (a fraction is cut off), with the zone's offset at that time. Null when it
    /// cannot be read or is outside the years 1 to 9999. A local time that a clock change skips or repeats is read as
    /// standard time.
    /// </summary>
    public static DateTimeOffset? Parse(string? text, TimeZoneInfo zone)
    {
        if (text is not { Length: >= DateTimeLength }
            || !DateTime.TryParseExact(
                text.AsSpan(0, DateTimeLength), DateTimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        var rest = WithoutFraction(text.AsSpan(DateTimeLength));
        if (rest.IsEmpty)
        {
            return InZone(local.Ticks - zone.GetUtcOffset(local).Ticks, zone);
        }

        return ParseOffset(rest) is { } offset ? InZone(local.Ticks - offset.Ticks, zone) : null;
    }

    /// <summary>
    /// Returns the text after a fraction of at least one digit (RFC 3339 §5.6 sets no limit); the whole text when there
    /// is none.
    /// </summary>
    private static ReadOnlySpan<char> WithoutFraction(ReadOnlySpan<char> rest)
    {
        if (rest is not ['.', ..])
        {
            return rest;
        }

        var digits = rest[1..].IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : rest.Length - 1;
        return digits > 0 ? rest[(1 + digits)..] : rest;
    }

    /// <summary>
    /// Parses an offset: <c>Z</c>, <c>+09:00</c>, <c>+0900</c> or <c>+09</c>, up to 23:59 as in RFC 3339; null for
    /// anything else.
    /// </summary>
    private static TimeSpan? ParseOffset(ReadOnlySpan<char> text)
    {
        var style = text is ['-', ..] ? TimeSpanStyles.AssumeNegative : TimeSpanStyles.None;
        return text is ['Z' or 'z'] ? TimeSpan.Zero
            : text is ['+' or '-', .. var digits]
                && TimeSpan.TryParseExact(digits, OffsetFormats, CultureInfo.InvariantCulture, style, out var offset) ? offset
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
}
