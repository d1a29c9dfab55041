using System.Collections.Concurrent;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>Texts that many runs have, such as the names of tasks: equal ones are one string, so that they take memory once.</summary>
internal static class SharedTexts
{
    /// <summary>Maximum number of texts. More than that are hardly shared.</summary>
    private const int Capacity = 4_096;

    private static readonly ConcurrentDictionary<string, string> Known = new();

    /// <summary>Returns a string that equals a text.</summary>
    public static string? Get(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (Known.Count >= Capacity)
        {
            Known.Clear();
        }

        return Known.GetOrAdd(text, text);
    }
}
