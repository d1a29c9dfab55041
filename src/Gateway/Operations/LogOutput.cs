using System.Runtime.ExceptionServices;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace NclueGateway.Operations;

/// <summary>Takes out of a text what must not be in it.</summary>
/// <returns>What remains; null when that is all of it.</returns>
internal delegate string? Redaction(ReadOnlySpan<char> text);

/// <summary>
/// Writes events one after the other, each redacted as the whole text that it has become: so nothing in it is passed over, be it in a message,
/// in a property of a property or in an exception. An event is out when it has been emitted, unless events are gathered.
/// </summary>
/// <param name="formatter">Makes text of an event.</param>
/// <param name="redact">Has the last word on that text.</param>
/// <param name="output">Where it goes.</param>
internal sealed class LogOutput(ITextFormatter formatter, Redaction redact, TextWriter output) : ILogEventSink
{
    [ThreadStatic]
    private static LogText? _text;

    private readonly Lock _lock = new();
    private readonly List<Gathering> _gathering = [];
    private bool _isTorn; // a write has failed: half a line may be out

    public void Emit(LogEvent logEvent)
    {
        var text = _text ??= new();
        text.Clear();
        formatter.Format(logEvent, text);
        Write(text.Written, logEvent.Level >= LogEventLevel.Error);
    }

    /// <summary>Writes an event that makes its line by itself, of the same form as all others; it waits for others while events are gathered.</summary>
    public void Emit(ILogLine line)
    {
        var text = _text ??= new();
        text.Clear();
        line.WriteTo(text);
        Write(text.Written, isError: false);
    }

    /// <summary>
    /// Has events that are no errors wait until what is returned is disposed of, or until there are so many that the output writes them by itself: a
    /// write of many costs hardly more than of one. When it is disposed of it throws what the output threw since, an <see cref="IOException"/> of a
    /// full disk for example: then not everything is out. Whoever else gathers meanwhile is told of the same.
    /// </summary>
    public IDisposable Gather()
    {
        var gathering = new Gathering(this);
        lock (_lock)
        {
            _gathering.Add(gathering);
        }

        return gathering;
    }

    private void Write(ReadOnlySpan<char> text, bool isError)
    {
        var redacted = redact(text);
        lock (_lock)
        {
            try
            {
                if (_isTorn)
                {
                    output.WriteLine();
                    _isTorn = false;
                }

                output.Write(redacted is null ? text : redacted);
                if (_gathering.Count == 0 || isError)
                {
                    output.Flush();
                }
            }
            catch (Exception failure)
            {
                Tell(failure); // Serilog tells nobody, whatever an output throws
                if (_gathering.Count == 0)
                {
                    throw;
                }
            }
        }
    }

    private void Release(Gathering gathering)
    {
        lock (_lock)
        {
            try
            {
                output.Flush();
            }
            catch (Exception failure)
            {
                Tell(failure);
            }

            _gathering.Remove(gathering);
        }
    }

    private void Tell(Exception failure)
    {
        _isTorn = true;
        foreach (var gathering in _gathering)
        {
            gathering.Failure = failure;
        }
    }

    private sealed class Gathering(LogOutput output) : IDisposable
    {
        public Exception? Failure { get; set; }

        public void Dispose()
        {
            output.Release(this);
            if (Failure is not null)
            {
                ExceptionDispatchInfo.Throw(Failure);
            }
        }
    }
}
