using System.Collections.Immutable;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>A run in its place in the roll.</summary>
/// <param name="Run">The run.</param>
/// <param name="FirstHeld">The version that first held this id.</param>
/// <param name="Departure">Departure of the response that the value is from.</param>
/// <param name="Version">The version that first held this value.</param>
/// <param name="LastHeld">Departure of the last response that held this run.</param>
/// <param name="HasGapBehind">True if unknown runs may stand between this run and the next, or the end of the list.</param>
/// <param name="HolesBehind">Number of rows without a usable id between this run and the next.</param>
internal sealed record RollEntry(
    SnapshotRun Run, long FirstHeld, long Departure, long Version, long LastHeld, bool HasGapBehind, int HolesBehind = 0);

/// <summary>The removal of a run.</summary>
/// <param name="Version">The version that removed it.</param>
/// <param name="Departure">Departure of the response that lacked it.</param>
internal readonly record struct Removal(long Version, long Departure);

/// <summary>
/// All runs in the upstream's order, as one version of the snapshot knows them. Immutable: a version shares with the one before what
/// has not changed. It is a pure function of the log's entries.
/// </summary>
internal sealed class Roll
{
    /// <summary>The roll before the first response: the whole list is unknown.</summary>
    public static readonly Roll Unknown = new(RollEntries.Empty, 0, true, ImmutableDictionary<string, Removal>.Empty, ListTraits.Unknown);

    /// <summary>Time for which a removed id is remembered, in milliseconds: no request is in flight for so long.</summary>
    private const long RememberRemovalsFor = 600_000;

    private readonly RollEntries _entries;

    public Roll(RollEntries entries, long version, bool hasGapAtHead, ImmutableDictionary<string, Removal> removed, ListTraits traits)
    {
        _entries = entries;
        Version = version;
        HasGapAtHead = hasGapAtHead;
        Removed = removed;
        Traits = traits;
        IsComplete = !hasGapAtHead && !entries.Chunks.Any(chunk => chunk.HasGap);
    }

    /// <summary>Number of the log entry that last changed a run, its place or a gap.</summary>
    public long Version { get; }

    /// <summary>True if unknown runs may stand before the first one.</summary>
    public bool HasGapAtHead { get; }

    /// <summary>Ids that were removed in the last ten minutes.</summary>
    public ImmutableDictionary<string, Removal> Removed { get; }

    /// <summary>The properties of the list as a whole, as responses have shown them.</summary>
    public ListTraits Traits { get; }

    /// <summary>Number of runs.</summary>
    public int Count => _entries.Count;

    /// <summary>True if nothing unknown stands before, between or behind the runs.</summary>
    public bool IsComplete { get; }

    /// <summary>Number of places where unknown runs may stand.</summary>
    public int Gaps => (HasGapAtHead ? 1 : 0)
        + Chunks.Where(chunk => chunk.HasGap).Sum(chunk => chunk.Entries.Count(entry => entry.HasGapBehind));

    /// <summary>Departure since which every run was held by a response: no deletion before it is unnoticed.</summary>
    public long SweptAt => Chunks.Aggregate(Traits.EdgeReadAt, (oldest, chunk) => Math.Min(oldest, chunk.OldestHeld));

    /// <inheritdoc cref="RollEntries.Chunks"/>
    public IReadOnlyList<RollChunk> Chunks => _entries.Chunks;

    /// <inheritdoc cref="RollEntries.From"/>
    public IEnumerable<RollEntry> From(int place) => _entries.From(place);

    /// <inheritdoc cref="RollEntries.At"/>
    public RollEntry At(int place) => _entries.At(place);

    /// <inheritdoc cref="RollEntries.Find"/>
    public Dictionary<string, int> Find(IEnumerable<string> ids) => _entries.Find(ids);

    /// <inheritdoc cref="RollEntries.BytesBeside"/>
    public long BytesBeside(Roll other) => _entries.BytesBeside(other._entries);

    /// <summary>
    /// Returns the number of rows that a response with this <see cref="RollReading.Since"/> can have counted: those that it must have
    /// counted, and the newer ones, which it may have.
    /// </summary>
    public (int Held, int Newer) CountAt(long since)
    {
        var (held, newer) = (Traits.HolesAtHead, 0);
        foreach (var chunk in Chunks)
        {
            var newerOnes = chunk.NewestFirstHeld > since ? chunk.Entries.Count(entry => entry.FirstHeld > since) : 0;
            newer += newerOnes;
            held += chunk.Entries.Length - newerOnes + chunk.Holes;
        }

        return (held, newer);
    }

    /// <summary>
    /// Returns the departure since which nothing that changes by itself is unnoticed: new runs, and states of unfinished ones. Of an
    /// incomplete list, it is the departure since which every known run was held.
    /// </summary>
    public long ReadAt() => IsComplete
        ? Chunks.Aggregate(Traits.EdgeReadAt, (oldest, chunk) => Math.Min(oldest, chunk.OldestUnfinishedHeld))
        : Chunks.Aggregate(long.MaxValue, (oldest, chunk) => Math.Min(oldest, chunk.OldestHeld));

    /// <summary>Returns the roll after an entry of the log.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="number">Its number.</param>
    /// <exception cref="InvalidOperationException">The entry was made for another version.</exception>
    public Roll Apply(LogEntry entry, long number)
    {
        var roll = entry.Change is { } change ? Apply(change, entry.Reading.Departure, number) : this;
        return roll.Apply(entry.Reading, number);
    }

    private Roll Apply(RollChange change, long departure, long version)
    {
        var rows = change.Rows.ToDictionary(run => run.Id);
        var roll = change.Splice is { } splice ? Apply(splice, rows, departure, version) : this;
        roll = change.Sweep is { } sweep ? roll.Apply(sweep, departure, version) : roll;
        var forgotten = roll.Removed
            .Where(removal => removal.Value.Departure < departure - RememberRemovalsFor).Select(removal => removal.Key);
        var values = roll.Find(rows.Keys).Select(found =>
            (found.Value, roll.At(found.Value) with { Run = rows[found.Key], Departure = departure, Version = version }));
        return new(roll._entries.With(values), version, roll.HasGapAtHead, roll.Removed.RemoveRange(forgotten), roll.Traits);
    }

    /// <summary>
    /// Removes the runs of an unordered list that two passes did not meet. Places prove nothing there, so no gap marks are left.
    /// </summary>
    private Roll Apply(SweepResult sweep, long departure, long version)
    {
        var gone = sweep.Gone.ToHashSet();
        var entries = From(0).Where(entry => !gone.Contains(entry.Run.Id)).Select(entry => entry with { HasGapBehind = false });
        var removed = Removed.SetItems(gone.Select(id => KeyValuePair.Create(id, new Removal(version, departure))));
        var traits = Traits with { HeadReadAt = sweep.Departure, EndReadAt = sweep.Departure };
        return new(RollEntries.Of(entries), version, !sweep.IsComplete, removed, traits);
    }

    /// <summary>Places runs between two others, and removes from <paramref name="rows"/> those that are new.</summary>
    private Roll Apply(Splice splice, Dictionary<string, SnapshotRun> rows, long departure, long version)
    {
        var places = Find(new[] { splice.Left, splice.Right }.OfType<string>());
        var from = splice.Left is { } left ? PlaceOf(places, left) + 1 : 0;
        var to = splice.Right is { } right ? PlaceOf(places, right) : Count;
        if (from > to)
        {
            throw Misplaced();
        }

        var before = From(from).Take(to - from).ToDictionary(entry => entry.Run.Id);
        var removed = Removed.ToBuilder();
        var entries = new List<RollEntry>(splice.Between.Count + 1);
        if (splice.Left is not null)
        {
            from--;
            entries.Add(At(from) with { HasGapBehind = splice.HasGapBehindLeft });
        }

        foreach (var (id, hasGapBehind) in splice.Between)
        {
            if (before.Remove(id, out var entry))
            {
                entries.Add(entry with { HasGapBehind = hasGapBehind });
            }
            else if (rows.Remove(id, out var run))
            {
                entries.Add(new(run, version, departure, version, departure, hasGapBehind));
                removed.Remove(id);
            }
            else
            {
                throw Misplaced();
            }
        }

        removed.AddRange(before.Keys.Select(id => KeyValuePair.Create(id, new Removal(version, departure))));
        var hasGapAtHead = splice.Left is null ? splice.HasGapBehindLeft : HasGapAtHead;
        return new(_entries.Replace(from, to, entries), version, hasGapAtHead, removed.ToImmutable(), Traits);
    }

    /// <summary>Notes which runs a response held. Runs among them that it could not hold, since they are newer, are not noted.</summary>
    private Roll Apply(RollReading reading, long number)
    {
        var places = Find(reading.Held.SelectMany(range => new[] { range.First, range.Last }));
        var (held, length) = (new List<(int, RollEntry)>(), 0);
        foreach (var (first, last, holes) in reading.Held)
        {
            var (from, to) = (PlaceOf(places, first), PlaceOf(places, last));
            if (from > to || (length += to - from + 1) > Count)
            {
                throw Misplaced(); // ranges that overlap are no response's
            }

            foreach (var (index, entry) in From(from).Take(to - from + 1).Index())
            {
                if (entry.FirstHeld <= reading.Since || entry.FirstHeld == number)
                {
                    held.Add((from + index, entry with
                    {
                        LastHeld = Math.Max(entry.LastHeld, reading.Departure),
                        HolesBehind = from + index < to ? 0 : holes ?? entry.HolesBehind,
                    }));
                }
            }
        }

        var roll = new Roll(_entries.With(held), Version, HasGapAtHead, Removed, Traits);
        var traits = Traits.With(reading, roll);
        var becomesUnordered = traits.Order == ListOrder.Unordered && Traits.Order != ListOrder.Unordered; // runs may be missing anywhere
        return new(roll._entries, Version, HasGapAtHead || becomesUnordered, Removed, traits);
    }

    private static int PlaceOf(Dictionary<string, int> places, string id) =>
        places.TryGetValue(id, out var place) ? place : throw Misplaced();

    private static InvalidOperationException Misplaced() => new("The entry was made for another version.");
}
