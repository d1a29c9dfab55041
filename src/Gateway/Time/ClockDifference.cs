using System.Globalization;

namespace NclueGateway.Time;

/// <summary>The difference between this machine's clock and another, in words.</summary>
internal static class ClockDifference
{
    /// <summary>Returns a sentence that states the difference.</summary>
    /// <param name="ahead">The time that this machine's clock is ahead.</param>
    /// <param name="owner">The owner of the other clock, in the genitive.</param>
    /// <param name="format">The format of the seconds.</param>
    public static string Describe(TimeSpan ahead, string owner, string format = "0.0") =>
        $"This machine's clock is {ahead.Duration().TotalSeconds.ToString(format, CultureInfo.InvariantCulture)} s "
            + $"{Direction(ahead)} {owner}.";

    public static string Direction(TimeSpan ahead) => ahead > TimeSpan.Zero ? "ahead of" : "behind";
}
