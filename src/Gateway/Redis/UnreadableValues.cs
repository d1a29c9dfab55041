using System.Collections.Concurrent;
using NclueGateway.Hosting;

namespace NclueGateway.Redis;

/// <summary>
/// Logs warnings about values in Redis that no gateway has written. Such values count as missing. Any program with write
/// access to Redis can create them, so there is one warning for each kind of value, not for each read.
/// </summary>
[LogCategory("NclueGateway.Redis.UnreadableValues")]
internal sealed partial class UnreadableValues(ILogger<UnreadableValues> logger)
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Logs a warning about a value, unless one of its kind was logged before.</summary>
    /// <param name="kind">The purpose of the value.</param>
    public void Warn(string kind)
    {
        if (_known.TryAdd(kind, true))
        {
            Unreadable(logger, kind);
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "A value in Redis for {Kind} was not written by a gateway: it counts as missing. Further such values are not logged.")]
    private static partial void Unreadable(ILogger logger, string kind);
}
