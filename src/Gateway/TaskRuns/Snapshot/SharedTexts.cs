using System.Collections.Concurrent;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>Texts that many runs have, such as the names of tasks: equal ones are one string, so that they take memory once.</summary>
internal static class SharedTexts
{
    /// <summary>Maximum number of texts. More than that are hardly shared.</summary>
    private const int Capacity = 4_096;

    private static readonly ConcurrentDictionary<string, string> Known = new();

    private static int _count; // approximate: the dictionary's own count takes all its locks

    /// <summary>Returns the shared string that equals a text; null for null.</summary>
    public static string? Get(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (Known.TryGetValue(text, out var known))
        {
            return known;
        }

        if (Interlocked.Increment(ref _count) > Capacity)
        {
            Known.Clear();
            Volatile.Write(ref _count, 1);
        }

        return Known.GetOrAdd(text, text);
    }
}
