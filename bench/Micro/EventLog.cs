using System.Text;

namespace NclueGateway.Micro;

/// <summary>Where a gateway under measurement writes its log to: nothing is kept, events are counted.</summary>
internal sealed class EventLog : TextWriter
{
    private long _events;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>How many have been written.</summary>
    public long Events => Volatile.Read(ref _events);

    public override void Write(char value)
    {
        // Events come as whole strings.
    }

    public override void Write(string? value) => Interlocked.Increment(ref _events);

    /// <summary>Waits, on the processor, until so many have been written.</summary>
    /// <exception cref="TimeoutException">They have not within ten seconds.</exception>
    public void WaitFor(long events)
    {
        var started = TimeProvider.System.GetTimestamp();
        var spin = default(SpinWait);
        while (Events < events)
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(10))
            {
                throw new TimeoutException($"{Events} of {events} events have been written.");
            }
        }
    }
}
