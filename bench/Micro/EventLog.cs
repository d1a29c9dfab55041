using System.Text;

namespace NclueGateway.Micro;

/// <summary>Where a gateway under measurement writes its log to: nothing is kept, and the events of the audit are counted.</summary>
internal sealed class EventLog : TextWriter
{
    /// <summary>What the log calls the audit.</summary>
    public const string Audit = "NclueGateway.Audit";

    private long _events;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>How many events of the audit have been written.</summary>
    public long Events => Volatile.Read(ref _events);

    public override void Write(char value)
    {
        // No event.
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.Contains(Audit, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _events);
        }
    }

    /// <summary>Waits, on the processor, until so many events of the audit have been written.</summary>
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
