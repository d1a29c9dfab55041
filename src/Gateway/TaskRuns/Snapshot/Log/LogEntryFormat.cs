using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The bytes of a log entry.</summary>
internal static class LogEntryFormat
{
    /// <summary>Maximum number of rows of a response, and of holes in it.</summary>
    private const int MaxRows = 100;

    /// <summary>Returns the bytes of an entry.</summary>
    public static byte[] Write(LogEntry entry) => PackedJson.Write(entry);

    /// <summary>Reads an entry. Returns false for bytes that <see cref="Write"/> does not give.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out LogEntry? entry)
    {
        if (PackedJson.TryRead(bytes, out entry) && IsPlausible(entry.Reading) && (entry.Change is null || IsPlausible(entry.Change)))
        {
            return true;
        }

        entry = null;
        return false;
    }

    private static bool IsPlausible(RollChange change) =>
        change.Rows.Count <= MaxRows
        && (change.Sweep is null || (LogBounds.IsTime(change.Sweep.Departure) && !change.Sweep.Gone.Contains(null!)));

    private static bool IsPlausible(RollReading reading) =>
        LogBounds.IsTime(reading.Departure)
        && LogBounds.IsNumber(reading.Since)
        && Enum.IsDefined(reading.Order)
        && reading.Held.Count <= MaxRows
        && reading.Held.All(range => range.HolesBehind is null or (>= 0 and <= MaxRows))
        && reading.HolesAtHead is >= 0 and <= MaxRows
        && reading.Length is null or >= 0
        && reading.Total is null or >= 0;
}
