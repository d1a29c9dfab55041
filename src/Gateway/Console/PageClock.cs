using System.Globalization;
using Microsoft.Extensions.Localization;

namespace NclueGateway.Console;

/// <summary>Writes times and durations of a page, in the visitor's language.</summary>
/// <param name="now">The time at which the page is made.</param>
/// <param name="zone">The zone of all times.</param>
/// <param name="texts">The texts of the console.</param>
public sealed class PageClock(DateTimeOffset now, TimeZoneInfo zone, IStringLocalizer texts)
{
    public DateTimeOffset Now => now;

    /// <summary>Name of the zone.</summary>
    public string Zone => zone.Id;

    /// <summary>Today, in the zone.</summary>
    public DateOnly Today => DateOnly.FromDateTime(Local(now).Date);

    public DateTimeOffset Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone);

    /// <summary>Returns a time for programs: UTC, in whole seconds (RFC 3339).</summary>
    public static string Iso(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Returns the date and time to the second, with the zone.</summary>
    public string Exact(DateTimeOffset time) => $"{Format(time, "time.exact")} {Zone}";

    /// <summary>Returns the time to the second.</summary>
    public string Clock(DateTimeOffset time) => Local(time).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Returns the time since or until now in words; after a day, the date.</summary>
    public string Relative(DateTimeOffset time)
    {
        var age = now - time;
        return age < TimeSpan.Zero || age >= TimeSpan.FromDays(1)
            ? Format(time, Local(time).Year == Local(now).Year ? "time.day" : "time.year")
            : age < TimeSpan.FromMinutes(1) ? texts["time.now"]
            : age < TimeSpan.FromHours(1) ? texts["time.minutes", (int)age.TotalMinutes]
            : texts["time.hours", (int)age.TotalHours];
    }

    /// <summary>Returns a day, or an hour of a day.</summary>
    public string Bucket(DateTimeOffset from, bool isHour) => Format(from, isHour ? "time.hour" : "time.date");

    /// <summary>Returns a duration with its two largest units.</summary>
    public string Duration(long seconds) => seconds switch
    {
        < 60 => texts["duration.s", seconds],
        < 3_600 => texts["duration.m", seconds / 60, seconds % 60],
        < 86_400 => texts["duration.h", seconds / 3_600, seconds % 3_600 / 60],
        _ => texts["duration.d", seconds / 86_400, seconds % 86_400 / 3_600],
    };

    /// <summary>Returns a number with the separators of the language.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.CurrentCulture);

    private string Format(DateTimeOffset time, string key) => Local(time).ToString(texts[key], CultureInfo.CurrentCulture);
}
