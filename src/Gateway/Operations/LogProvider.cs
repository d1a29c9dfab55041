using System.Collections;
using Serilog.Core;
using Serilog.Extensions.Logging;

namespace NclueGateway.Operations;

/// <summary>
/// An event that makes its own line of compact JSON, the one that Serilog would make of its properties: for events so many that Serilog's way, by an
/// object for each property, is felt.
/// </summary>
internal interface ILogLine : IEnumerable<KeyValuePair<string, object?>>
{
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Writes the line, its end included.</summary>
    void WriteTo(LogText output);
}

/// <summary>Has Serilog write events, but for each <see cref="ILogLine"/> where lines are written.</summary>
/// <param name="serilog">The logger of all other events.</param>
/// <param name="lines">Where lines go; null where the log is no compact JSON.</param>
internal sealed class LogProvider(Logger serilog, LogOutput? lines) : ILoggerProvider, ISupportExternalScope
{
    private readonly SerilogLoggerProvider _serilog = new(serilog);

    public ILogger CreateLogger(string categoryName)
    {
        var logger = _serilog.CreateLogger(categoryName);
        return lines is null ? logger : new LineLogger(logger, lines);
    }

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _serilog.SetScopeProvider(scopeProvider);

    public void Dispose() => _serilog.Dispose();

    private sealed class LineLogger(ILogger serilog, LogOutput lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => serilog.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => serilog.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is ILogLine line)
            {
                lines.Emit(line);
            }
            else
            {
                serilog.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
