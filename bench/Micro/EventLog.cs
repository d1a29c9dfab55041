using System.Text;

namespace NclueGateway.Micro;

/// <summary>Log output of a gateway under measurement. It discards the text and counts audit events.</summary>
internal sealed class EventLog : TextWriter
{
    /// <summary>Log category of the audit.</summary>
    public const string Audit = "NclueGateway.Audit";

    private long _events;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Number of audit events written.</summary>
    public long Events => Volatile.Read(ref _events);

    public override void Write(char value)
    {
        // A single character is no event.
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

    /// <summary>Spins until this number of audit events has been written.</summary>
    /// <exception cref="TimeoutException">They were not written within ten seconds.</exception>
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
