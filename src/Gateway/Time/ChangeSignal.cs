namespace NclueGateway.Time;

/// <summary>
/// A signal that something has changed, for any number of waiters. A waiter takes <see cref="Next"/> before it reads the state, so that it
/// misses no change.
/// </summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>A task that completes at the next change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Completes <see cref="Next"/>.</summary>
    public void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
