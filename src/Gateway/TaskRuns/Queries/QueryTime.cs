using System.Globalization;
using System.Text.RegularExpressions;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// Reads times of a query: a date-time with an offset (RFC 3339), or a date, which is its midnight in the gateway's zone.
/// </summary>
internal static partial class QueryTime
{
    /// <summary>Number of digits of a fraction of a second that are significant here.</summary>
    private const int FractionDigits = 7;

    /// <summary>Returns the time; null if the text is neither form, or no time that exists.</summary>
    /// <param name="text">The value. A blank before the offset is a plus sign that was not percent-encoded.</param>
    /// <param name="zone">The zone of a date.</param>
    public static DateTimeOffset? Parse(string text, TimeZoneInfo zone)
    {
        if (Pattern().Match(text) is not { Success: true, Groups: var parts })
        {
            return null;
        }

        if (!parts["offset"].Success)
        {
            return DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? Midnight(date, zone)
                : null;
        }

        var fraction = parts["fraction"].Value;
        var offset = parts["offset"].Value is "Z" or "z" ? "+00:00" : parts["offset"].Value.Replace(' ', '+');
        return DateTimeOffset.TryParseExact(
            $"{parts["date"]}T{parts["time"]}.{fraction.PadRight(FractionDigits, '0')[..FractionDigits]}{offset}",
            "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var time)
            ? time
            : null;
    }

    /// <summary>Returns the first moment of a day; null outside the range of <see cref="DateTimeOffset"/>.</summary>
    public static DateTimeOffset? Midnight(DateTime date, TimeZoneInfo zone)
    {
        // Of a midnight that a change of the clock skips: the offset before the change. Of one that it repeats: that of the first.
        var offset = zone.IsAmbiguousTime(date) ? zone.GetAmbiguousTimeOffsets(date).Max() : zone.GetUtcOffset(date);
        var utc = date.Ticks - offset.Ticks;
        return utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks ? null : new(date, offset);
    }

    [GeneratedRegex(
        @"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
        + @"([Tt](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+ -][0-9]{2}:[0-9]{2}))?\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
