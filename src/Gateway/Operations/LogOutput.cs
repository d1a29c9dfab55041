using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace NclueGateway.Operations;

/// <summary>
/// Writes events one after the other, each redacted as the whole text that it has become: so nothing in it is passed over, be it in a message,
/// in a property of a property or in an exception.
/// </summary>
/// <param name="formatter">Makes text of an event.</param>
/// <param name="redact">Takes out of that text what must not be in it.</param>
/// <param name="output">Where it goes.</param>
internal sealed class LogOutput(ITextFormatter formatter, Func<string, string> redact, TextWriter output) : ILogEventSink
{
    private const int UsualLength = 512;

    private readonly Lock _lock = new();

    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter(new(UsualLength), formatProvider: null);
        formatter.Format(logEvent, text);
        var redacted = redact(text.ToString());
        lock (_lock)
        {
            output.Write(redacted);
            output.Flush();
        }
    }
}
