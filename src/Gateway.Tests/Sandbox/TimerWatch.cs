using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace NclueGateway.Tests.Sandbox;

/// <summary>A fake clock that reports when code begins to wait on it, so that a test can advance it at the right time.</summary>
internal sealed class TimerWatch : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Returns the duration of the next wait on the clock.</summary>
    /// <exception cref="TimeoutException">None began within a minute of the real clock.</exception>
    public Task<TimeSpan> NextWaitAsync() => _timers.Reader
        .ReadAsync(TestContext.Current.CancellationToken).AsTask()
        .WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, TestContext.Current.CancellationToken);
}
