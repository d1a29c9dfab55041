using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Changes.ChangeDtos;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// The difference of two neighbouring versions of the list, as a message of the event stream. It is a pure function of the two, so that it
/// has the same text on every replica.
/// </summary>
internal sealed class ChangeSet
{
    /// <summary>Maximum number of changes. A version with more is a reset: to read the list again costs callers less.</summary>
    public const int MaxChanges = 1_000;

    private readonly int _start;

    private ChangeSet(ReadableSnapshot after, int count, long? unseenSince, ReadOnlySpan<byte> json, int start)
    {
        Version = after.Version;
        Count = count;
        UnseenSince = unseenSince;
        _start = start;
        Message = new(ChangeEvents.Changes, json, Version.ToString());
    }

    /// <summary>The version that the changes lead to.</summary>
    public SnapshotVersion Version { get; }

    /// <summary>Number of changes.</summary>
    public int Count { get; }

    /// <summary>
    /// Departure before which none of the new runs and changed states existed; null without such a change. Deletions and changes of
    /// finished runs do not count: they are found by passes over all rows.
    /// </summary>
    public long? UnseenSince { get; }

    /// <summary>The changes as a message of the event stream, the same object for all connections.</summary>
    public EventMessage Message { get; }

    /// <summary>The changes as the elements of a JSON array, without its brackets.</summary>
    public ReadOnlyMemory<byte> Items => Message.Json[_start..^"]}".Length];

    /// <summary>Approximate memory in bytes.</summary>
    public int Bytes => 200 + Message.Bytes.Length;

    /// <summary>
    /// Computes the changes from one complete version to the next; null if there are too many, or if one of the two is not complete.
    /// Deletions come first, in the order of the version before; then the others, in the order of the version after.
    /// </summary>
    public static ChangeSet? Of(ReadableSnapshot before, ReadableSnapshot after)
    {
        if (!before.IsComplete || !after.IsComplete)
        {
            return null;
        }

        var (changes, unseenSince) = Compare(before.State.Roll, after.State.Roll);
        return changes.Count > MaxChanges ? null : Write(after, changes, unseenSince);
    }

    /// <summary>Returns the first part of a body with changes; <c>]}</c> ends it.</summary>
    public static string BeginBody(int total) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"total":{{total}},"complete":true,"changes":[""");

    private static (List<(ChangeType Type, SnapshotRun Run)> Changes, long? UnseenSince) Compare(Roll before, Roll after)
    {
        // A version shares with the one before the chunks that no change has touched.
        var shared = before.Chunks.Intersect(after.Chunks).ToHashSet();
        var known = Rest(before).ToDictionary(entry => entry.Run.Id);
        var upserts = new List<(ChangeType, SnapshotRun)>();
        var unseenSince = long.MaxValue;
        foreach (var run in Rest(after).Select(entry => entry.Run))
        {
            if (!known.Remove(run.Id, out var old))
            {
                upserts.Add((ChangeType.Created, run));
                unseenSince = Math.Min(unseenSince, before.Traits.EdgeReadAt);
            }
            else if (old.Run.Hash != run.Hash)
            {
                upserts.Add((ChangeType.Updated, run));
                unseenSince = old.Run.IsFinished ? unseenSince : Math.Min(unseenSince, old.LastHeld);
            }
        }

        var deletions = Rest(before).Where(entry => known.ContainsKey(entry.Run.Id)).Select(entry => (ChangeType.Deleted, entry.Run));
        return ([.. deletions, .. upserts], unseenSince < long.MaxValue ? unseenSince : null);

        IEnumerable<RollEntry> Rest(Roll roll) =>
            roll.Chunks.Where(chunk => !shared.Contains(chunk)).SelectMany(chunk => chunk.Entries);
    }

    private static ChangeSet Write(ReadableSnapshot after, List<(ChangeType Type, SnapshotRun Run)> changes, long? unseenSince)
    {
        var start = BeginBody(after.State.Roll.Count);
        var json = new ArrayBufferWriter<byte>();
        json.Write(Encoding.UTF8.GetBytes(start));
        foreach (var (place, (type, run)) in changes.Index())
        {
            json.Write(place > 0 ? ","u8 : default);
            json.Write(type switch
            {
                ChangeType.Created => """{"type":"created","id":"""u8,
                ChangeType.Updated => """{"type":"updated","id":"""u8,
                _ => """{"type":"deleted","id":"""u8,
            });
            json.Write(JsonSerializer.SerializeToUtf8Bytes(run.Id, TaskRunWriter.Options));
            json.Write(",\"run\":"u8);
            json.Write(type == ChangeType.Deleted ? "null"u8 : run.Json.Span);
            json.Write("}"u8);
        }

        json.Write("]}"u8);
        return new(after, changes.Count, unseenSince, json.WrittenSpan, start.Length);
    }
}
