namespace NclueGateway.Time;

internal static class TimeProviderExtensions
{
    /// <summary>
    /// Converts a time span to the units of <see cref="TimeProvider.GetTimestamp"/>, rounded up, so that no wait gets
    /// shorter.
    /// </summary>
    public static long Ticks(this TimeProvider time, TimeSpan span) =>
        (long)Math.Ceiling(span.Ticks * ((double)time.TimestampFrequency / TimeSpan.TicksPerSecond));

    /// <summary>Converts a time span to whole milliseconds, rounded up.</summary>
    public static long ToMilliseconds(this TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    /// <summary>
    /// Waits until a task completes, a time has elapsed, or <paramref name="end"/> is cancelled. It does not report
    /// which, and continues in the caller's context.
    /// </summary>
    /// <remarks>
    /// <see cref="Task.WaitAsync(TimeSpan, TimeProvider, CancellationToken)"/> continues on the thread pool, but a
    /// simulation has one thread.
    /// </remarks>
    public static async Task WaitAsync(this TimeProvider time, Task task, TimeSpan? atMost, CancellationToken end)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = time.CreateTimer(
            static over => ((TaskCompletionSource)over!).TrySetResult(),
            over,
            atMost?.ForTimer() ?? Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        await using var registration = end.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over);
        _ = SignalAsync(task, over);
        await over.Task;

        static async Task SignalAsync(Task task, TaskCompletionSource over)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            over.TrySetResult();
        }
    }

    /// <summary>
    /// Returns the span in whole milliseconds, rounded up, because timers truncate and would fire too early. The maximum
    /// is one day: no timer accepts more than 49 days, and every waiter checks again when its timer fires.
    /// </summary>
    public static TimeSpan ForTimer(this TimeSpan span) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(span.TotalMilliseconds), 0, TimeSpan.MillisecondsPerDay));
}
