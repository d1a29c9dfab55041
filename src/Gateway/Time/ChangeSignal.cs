namespace NclueGateway.Time;

/// <summary>
/// A signal of a state change, for any number of waiters. A waiter must get <see cref="Next"/> before it reads the state, or it may miss a
/// change.
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
