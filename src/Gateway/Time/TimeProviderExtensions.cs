namespace NclueGateway.Time;

internal static class TimeProviderExtensions
{
    /// <summary>A time span in the units of <see cref="TimeProvider.GetTimestamp"/>, rounded up, so that no wait gets shorter by it.</summary>
    public static long Ticks(this TimeProvider time, TimeSpan span) =>
        (long)Math.Ceiling(span.Ticks * ((double)time.TimestampFrequency / TimeSpan.TicksPerSecond));

    /// <summary>A time span in whole milliseconds, rounded up.</summary>
    public static long ToMilliseconds(this TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    /// <summary>
    /// Waits for a task, but no longer than a time, and no longer than until <paramref name="end"/>; which it was, it does not say. It goes on in the
    /// context that it was called in.
    /// </summary>
    /// <remarks><see cref="Task.WaitAsync(TimeSpan, TimeProvider, CancellationToken)"/> takes a detour through the thread pool, and a simulation has one thread.</remarks>
    public static async Task WaitAsync(this TimeProvider time, Task task, TimeSpan? atMost, CancellationToken end)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = time.CreateTimer(
            static over => ((TaskCompletionSource)over!).TrySetResult(), over, atMost?.ForTimer() ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
    /// The span in whole milliseconds, rounded up: timers cut off what is less, and would fire before the time. It is a day at the most: no timer
    /// takes more than 49 days, and all who wait look again.
    /// </summary>
    public static TimeSpan ForTimer(this TimeSpan span) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(span.TotalMilliseconds), 0, TimeSpan.MillisecondsPerDay));
}
