using System.Collections.Immutable;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// The entries of a roll, in chunks. Immutable: a change copies the chunks that it touches and shares the others with the list before.
/// </summary>
internal sealed class RollEntries
{
    public static readonly RollEntries Empty = new([]);

    /// <summary>Maximum number of entries in a chunk.</summary>
    private const int ChunkSize = 256;

    /// <summary>Number of bits with which <see cref="Find"/> skips most ids that are not wanted.</summary>
    private const int FilterBits = 16_384;

    private const long BytesOfEntry = 72;

    /// <summary>Usual memory of a run beside its JSON, in bytes.</summary>
    private const long BytesOfColumns = 600;

    private readonly ImmutableArray<RollChunk> _chunks;

    private RollEntries(ImmutableArray<RollChunk> chunks)
    {
        _chunks = chunks;
        Count = chunks.Sum(chunk => chunk.Entries.Length);
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Returns the list of these entries.</summary>
    public static RollEntries Of(IEnumerable<RollEntry> entries) =>
        new([.. entries.Chunk(ChunkSize).Select(chunk => new RollChunk(chunk))]);

    /// <summary>All entries in the upstream's order: the quickest way to read all of them.</summary>
    public IReadOnlyList<RollChunk> Chunks => _chunks;

    /// <summary>Returns the entries from one place on, in the upstream's order.</summary>
    public IEnumerable<RollEntry> From(int place)
    {
        foreach (var chunk in _chunks)
        {
            for (; place < chunk.Entries.Length; place++)
            {
                yield return chunk.Entries[place];
            }

            place -= chunk.Entries.Length;
        }
    }

    /// <summary>Returns the entry at a place.</summary>
    public RollEntry At(int place)
    {
        var (chunk, slot) = Locate(place);
        return _chunks[chunk].Entries[slot];
    }

    /// <summary>Returns the places of those ids that the list holds.</summary>
    public Dictionary<string, int> Find(IEnumerable<string> ids)
    {
        var wanted = new HashSet<string>(ids);
        if (wanted.Count == 0)
        {
            return [];
        }

        Span<ulong> filter = stackalloc ulong[FilterBits / 64];
        filter.Clear();
        foreach (var id in wanted)
        {
            var bit = SnapshotRun.HashOf(id) % FilterBits;
            filter[(int)(bit / 64)] |= 1UL << (int)bit;
        }

        var places = new Dictionary<string, int>(wanted.Count);
        var place = 0;
        foreach (var chunk in _chunks)
        {
            for (var slot = 0; slot < chunk.IdHashes.Length; slot++)
            {
                var bit = chunk.IdHashes[slot] % FilterBits;
                if ((filter[(int)(bit / 64)] >> (int)bit & 1) != 0 && chunk.Entries[slot].Run.Id is var id && wanted.Contains(id))
                {
                    places[id] = place + slot;
                }
            }

            place += chunk.IdHashes.Length;
        }

        return places;
    }

    /// <summary>Returns the list with other entries at some places.</summary>
    public RollEntries With(IEnumerable<(int Place, RollEntry Entry)> changes)
    {
        var copies = new Dictionary<int, RollEntry[]>();
        foreach (var (place, entry) in changes)
        {
            var (chunk, slot) = Locate(place);
            if (!copies.TryGetValue(chunk, out var copy))
            {
                copies[chunk] = copy = [.. _chunks[chunk].Entries];
            }

            copy[slot] = entry;
        }

        var chunks = _chunks.ToBuilder();
        foreach (var (chunk, copy) in copies)
        {
            chunks[chunk] = new(copy);
        }

        return new(chunks.ToImmutable());
    }

    /// <summary>Returns the list with other entries in place of those from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public RollEntries Replace(int from, int to, IReadOnlyList<RollEntry> entries)
    {
        var chunks = ImmutableArray.CreateBuilder<RollChunk>(_chunks.Length + 1);
        var changed = new List<RollEntry>(entries.Count + (2 * ChunkSize));
        var isPlaced = false;
        var start = 0;
        foreach (var chunk in _chunks)
        {
            var (own, end) = (chunk.Entries, start + chunk.Entries.Length);
            if (end < from || (isPlaced && start >= to))
            {
                Flush();
                chunks.Add(chunk);
            }
            else
            {
                changed.AddRange(own.AsSpan(0, Math.Clamp(from - start, 0, own.Length)));
                Place();
                changed.AddRange(own.AsSpan(Math.Clamp(to - start, 0, own.Length)));
            }

            start = end;
        }

        Place();
        Flush();
        return new(chunks.ToImmutable());

        void Place()
        {
            if (!isPlaced)
            {
                changed.AddRange(entries);
                isPlaced = true;
            }
        }

        void Flush()
        {
            var parts = (changed.Count + ChunkSize - 1) / ChunkSize;
            for (var part = 0; part < parts; part++)
            {
                var first = changed.Count * part / parts;
                chunks.Add(new([.. changed[first..(changed.Count * (part + 1) / parts)]]));
            }

            changed.Clear();
        }
    }

    /// <summary>Returns the approximate memory, in bytes, that this list does not share with another one.</summary>
    public long BytesBeside(RollEntries other)
    {
        var own = _chunks.Except(other._chunks).SelectMany(chunk => chunk.Entries).ToList();
        var shared = other._chunks.Except(_chunks).SelectMany(chunk => chunk.Entries).ToList();
        var entries = shared.ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var runs = shared.Select(entry => entry.Run).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        return own.Sum(entry => 12L
            + (entries.Contains(entry) ? 0 : BytesOfEntry)
            + (runs.Contains(entry.Run) ? 0 : BytesOfColumns + entry.Run.Json.Length));
    }

    private (int Chunk, int Slot) Locate(int place)
    {
        var chunk = 0;
        for (; place >= _chunks[chunk].Entries.Length; chunk++)
        {
            place -= _chunks[chunk].Entries.Length;
        }

        return (chunk, place);
    }
}
