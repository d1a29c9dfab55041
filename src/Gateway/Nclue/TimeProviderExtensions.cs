namespace NclueGateway.Nclue;

internal static class TimeProviderExtensions
{
    /// <summary>A time span in the units of <see cref="TimeProvider.GetTimestamp"/>, rounded up, so that no wait gets shorter by it.</summary>
    public static long Ticks(this TimeProvider time, TimeSpan span) =>
        (long)Math.Ceiling(span.Ticks * ((double)time.TimestampFrequency / TimeSpan.TicksPerSecond));

    /// <summary>The span in whole milliseconds, rounded up: timers cut off what is less, and would fire before the time.</summary>
    public static TimeSpan ForTimer(this TimeSpan span) => TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds));
}
