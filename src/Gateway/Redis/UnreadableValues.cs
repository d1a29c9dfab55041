using System.Collections.Concurrent;
using NclueGateway.Hosting;

namespace NclueGateway.Redis;

/// <summary>
/// Warns of values in Redis that no gateway has written. They count as missing, and all who can write to Redis can make them: so there is one warning
/// for each kind of value, and not one for each read.
/// </summary>
[LogCategory("NclueGateway.Redis.UnreadableValues")]
internal sealed partial class UnreadableValues(ILogger<UnreadableValues> logger)
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Warns of a value, unless one of its kind was warned of before.</summary>
    /// <param name="kind">What the value is for.</param>
    public void Warn(string kind)
    {
        if (_known.TryAdd(kind, true))
        {
            Unreadable(logger, kind);
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "What Redis holds for {Kind} is not what a gateway has written: it counts as missing. Further such values are not logged.")]
    private static partial void Unreadable(ILogger logger, string kind);
}
