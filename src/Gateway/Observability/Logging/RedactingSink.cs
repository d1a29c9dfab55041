using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Sinks.Async;

namespace NclueGateway.Observability.Logging;

/// <summary>
/// Writes events one after another. Each is redacted after formatting, so that message, properties and exception are all
/// covered. Flushes when no event is queued.
/// </summary>
/// <param name="formatter">Formats an event.</param>
/// <param name="redact">Removes secrets from the text of an event.</param>
/// <param name="output">Receives the text.</param>
/// <param name="lost">Events that were not written.</param>
internal sealed class RedactingSink(ITextFormatter formatter, Func<string, string> redact, TextWriter output, LostLogEvents lost)
    : ILogEventSink, IAsyncLogEventSinkMonitor, IDisposable
{
    /// <summary>
    /// Time for which events collect in the queues, by the system clock. Without it, each event would wake the thread
    /// of its queue, which costs a request more than the event itself.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
    private readonly List<IAsyncLogEventSinkInspector> _queues = [];
    private bool _isTorn; // a write has failed, possibly within a line

    public void Emit(LogEvent logEvent)
    {
        bool isLast;
        lock (_lock)
        {
            try
            {
                Write(logEvent);
                lost.Report(Write);
                isLast = _queues.TrueForAll(queue => queue.Count == 0);
                if (isLast)
                {
                    output.Flush();
                }
            }
            catch
            {
                _isTorn = true;
                throw; // Serilog reports it to LostLogEvents
            }
        }

        if (isLast)
        {
            CancellationToken.None.WaitHandle.WaitOne(Pause);
        }
    }

    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => _queues.Add(inspector);

    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        // Nothing to do: a queue that has ended is empty.
    }

    /// <summary>Reports the last losses. Each queue calls it when it ends; the output stays open.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            lost.Report(Write, isLast: true);
            output.Flush();
        }
    }

    private void Write(LogEvent logEvent)
    {
        _text.GetStringBuilder().Clear();
        formatter.Format(logEvent, _text);
        if (_isTorn)
        {
            output.WriteLine();
            _isTorn = false;
        }

        output.Write(redact(_text.ToString()));
    }
}
