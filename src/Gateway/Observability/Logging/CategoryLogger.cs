using System.Reflection;
using NclueGateway.Hosting;

namespace NclueGateway.Observability.Logging;

/// <summary>The framework's logger of a type, under the category that <see cref="LogCategoryAttribute"/> gives it.</summary>
internal sealed class CategoryLogger<T>(ILoggerFactory loggers) : ILogger<T>
{
    private readonly ILogger _logger = typeof(T).GetCustomAttribute<LogCategoryAttribute>() is { } category
        ? loggers.CreateLogger(category.Name)
        : loggers.CreateLogger<T>();

    public bool IsEnabled(LogLevel logLevel) => _logger.IsEnabled(logLevel);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _logger.Log(logLevel, eventId, state, exception, formatter);
}
