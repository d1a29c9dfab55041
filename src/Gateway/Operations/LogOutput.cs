using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace NclueGateway.Operations;

/// <summary>
/// Writes events one after the other, each redacted as the whole text that it has become: so nothing in it is passed over, be it in a message,
/// in a property of a property or in an exception. An event is out when <see cref="Emit"/> returns, unless events are gathered.
/// </summary>
/// <param name="formatter">Makes text of an event.</param>
/// <param name="redact">Takes out of that text what must not be in it.</param>
/// <param name="output">Where it goes.</param>
internal sealed class LogOutput(ITextFormatter formatter, Func<string, string> redact, TextWriter output) : ILogEventSink
{
    private const int UsualLength = 512;
    private const int MostKept = 16 * 1024;

    [ThreadStatic]
    private static StringWriter? _text;

    private readonly Lock _lock = new();
    private int _gathering;
    private Exception? _failure; // of what was gathered

    public void Emit(LogEvent logEvent)
    {
        var text = _text ??= new(new StringBuilder(UsualLength), CultureInfo.InvariantCulture);
        var builder = text.GetStringBuilder();
        builder.Clear();
        formatter.Format(logEvent, text);
        var redacted = redact(text.ToString());
        if (builder.Capacity > MostKept)
        {
            _text = null;
        }

        lock (_lock)
        {
            try
            {
                output.Write(redacted);
                if (_gathering == 0 || logEvent.Level >= LogEventLevel.Error)
                {
                    output.Flush();
                }
            }
            catch (Exception failure) when (_gathering > 0)
            {
                _failure = failure; // Serilog tells nobody, whatever an output throws
            }
        }
    }

    /// <summary>
    /// Has events that are no errors wait until what is returned is disposed of, or until there are so many that the output writes them by itself: a
    /// write of many costs hardly more than of one. When it is disposed of it throws what the output threw since, an <see cref="IOException"/> of a
    /// full disk for example: then not everything is out.
    /// </summary>
    public IDisposable Gather()
    {
        lock (_lock)
        {
            _gathering++;
        }

        return new Gathering(this);
    }

    private sealed class Gathering(LogOutput output) : IDisposable
    {
        public void Dispose() => output.Release();
    }

    private void Release()
    {
        lock (_lock)
        {
            if (--_gathering > 0)
            {
                return;
            }

            var failure = Interlocked.Exchange(ref _failure, null);
            output.Flush();
            if (failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }
}
