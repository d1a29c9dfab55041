using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>The bytes of a checkpoint: a roll in pieces, which are read and written one by one.</summary>
internal static class CheckpointFormat
{
    /// <summary>Maximum length of the JSON of a piece, unless it is a single run. A piece is not longer than this by compression.</summary>
    private const int PieceLength = 240 * 1024;

    /// <summary>Length of the JSON of a run's other fields, at most.</summary>
    private const int FieldsLength = 256;

    private const int RemovalsInPiece = 500;

    /// <summary>Maximum number of runs of a checkpoint that is read: more than <c>Snapshot:MaxRuns</c> can be.</summary>
    private const int MaxRuns = 1_000_000;

    /// <summary>Returns the pieces of a roll.</summary>
    public static IEnumerable<byte[]> Write(Roll roll)
    {
        yield return PackedJson.Write(new Piece(new(roll.Version, roll.HasGapAtHead, roll.Traits), [], []));
        foreach (var removals in roll.Removed.OrderBy(removal => removal.Key, StringComparer.Ordinal).Chunk(RemovalsInPiece))
        {
            yield return PackedJson.Write(new Piece(null, [.. removals.Select(RemovedRun.Of)], []));
        }

        var (runs, length) = (new List<RollEntry>(), 0);
        foreach (var entry in roll.From(0))
        {
            var added = entry.Run.Json.Length + FieldsLength;
            if (runs.Count > 0 && length + added > PieceLength)
            {
                yield return PackedJson.Write(new Piece(null, [], runs));
                (runs, length) = ([], 0);
            }

            runs.Add(entry);
            length += added;
        }

        if (runs.Count > 0)
        {
            yield return PackedJson.Write(new Piece(null, [], runs));
        }
    }

    /// <summary>Reads a roll from its pieces. Returns false for other pieces than those that <see cref="Write"/> gives.</summary>
    /// <param name="pieces">The pieces, in their order.</param>
    /// <param name="number">Number of the entry that the checkpoint was made after: no number in it is higher.</param>
    /// <param name="roll">The roll.</param>
    public static bool TryRead(IEnumerable<byte[]> pieces, long number, [NotNullWhen(true)] out Roll? roll)
    {
        roll = null;
        Head? head = null;
        var removed = ImmutableDictionary.CreateBuilder<string, Removal>();
        var runs = new List<RollEntry>();
        var ids = new HashSet<string>();
        foreach (var bytes in pieces)
        {
            if (!PackedJson.TryRead<Piece>(bytes, out var piece) || piece.Head is null != head is not null
                || runs.Count + piece.Runs.Count > MaxRuns || ids.Count > 2 * MaxRuns)
            {
                return false;
            }

            head ??= piece.Head;
            foreach (var removal in piece.Removed)
            {
                if (!IsNumber(removal.Version) || !LogBounds.IsTime(removal.Departure) || !ids.Add(removal.Id))
                {
                    return false;
                }

                removed.Add(removal.Id, new(removal.Version, removal.Departure));
            }

            if (!piece.Runs.All(IsPlausible))
            {
                return false;
            }

            runs.AddRange(piece.Runs);
        }

        if (head is null || !IsNumber(head.Version) || !ArePlausible(head.Traits))
        {
            return false;
        }

        roll = new(RollEntries.Of(runs), head.Version, head.HasGapAtHead, removed.ToImmutable(), head.Traits);
        return true;

        bool IsNumber(long value) => value >= 0 && value <= number;

        bool IsPlausible(RollEntry? entry) =>
            entry is not null && ids.Add(entry.Run.Id) && IsNumber(entry.FirstHeld) && IsNumber(entry.Version)
            && LogBounds.IsTime(entry.Departure) && LogBounds.IsTime(entry.LastHeld) && entry.HolesBehind is >= 0 and <= MaxRuns;
    }

    private static bool ArePlausible(ListTraits traits) =>
        Enum.IsDefined(traits.Order)
        && LogBounds.IsTime(traits.HeadReadAt)
        && LogBounds.IsTime(traits.EndReadAt)
        && traits.HolesAtHead is >= 0 and <= MaxRuns
        && traits.ExpectedTotal is null or >= 0
        && LogBounds.IsTime(traits.MiscountedSince ?? 0);

    /// <summary>A piece: the first one has the head, others have removed ids or runs.</summary>
    private sealed record Piece(Head? Head, IReadOnlyList<RemovedRun> Removed, IReadOnlyList<RollEntry> Runs);

    private sealed record Head(long Version, bool HasGapAtHead, ListTraits Traits);

    private readonly record struct RemovedRun(string Id, long Version, long Departure)
    {
        public static RemovedRun Of(KeyValuePair<string, Removal> removal) =>
            new(removal.Key, removal.Value.Version, removal.Value.Departure);
    }
}
