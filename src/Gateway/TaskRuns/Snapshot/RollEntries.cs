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

    private readonly ImmutableArray<RollEntry[]> _chunks;

    private RollEntries(ImmutableArray<RollEntry[]> chunks)
    {
        _chunks = chunks;
        Count = chunks.Sum(chunk => chunk.Length);
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Returns the list of these entries.</summary>
    public static RollEntries Of(IEnumerable<RollEntry> entries) => new([.. entries.Chunk(ChunkSize)]);

    /// <summary>All entries in the upstream's order, in arrays that must not be changed: the quickest way to read all of them.</summary>
    public IReadOnlyList<RollEntry[]> Chunks => _chunks;

    /// <summary>Returns the entries from one place on, in the upstream's order.</summary>
    public IEnumerable<RollEntry> From(int place)
    {
        foreach (var chunk in _chunks)
        {
            for (; place < chunk.Length; place++)
            {
                yield return chunk[place];
            }

            place -= chunk.Length;
        }
    }

    /// <summary>Returns the entry at a place.</summary>
    public RollEntry At(int place)
    {
        var (chunk, slot) = Locate(place);
        return _chunks[chunk][slot];
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
            foreach (var entry in chunk)
            {
                var bit = entry.Run.IdHash % FilterBits;
                if ((filter[(int)(bit / 64)] >> (int)bit & 1) != 0 && wanted.Contains(entry.Run.Id))
                {
                    places[entry.Run.Id] = place;
                }

                place++;
            }
        }

        return places;
    }

    /// <summary>Returns the list with other entries at some places.</summary>
    public RollEntries With(IEnumerable<(int Place, RollEntry Entry)> changes)
    {
        var chunks = _chunks.ToBuilder();
        foreach (var (place, entry) in changes)
        {
            var (chunk, slot) = Locate(place);
            if (chunks[chunk] == _chunks[chunk])
            {
                chunks[chunk] = [.. _chunks[chunk]];
            }

            chunks[chunk][slot] = entry;
        }

        return new(chunks.ToImmutable());
    }

    /// <summary>Returns the list with other entries in place of those from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public RollEntries Replace(int from, int to, IReadOnlyList<RollEntry> entries)
    {
        var chunks = ImmutableArray.CreateBuilder<RollEntry[]>(_chunks.Length + 1);
        var changed = new List<RollEntry>(entries.Count + (2 * ChunkSize));
        var isPlaced = false;
        var start = 0;
        foreach (var chunk in _chunks)
        {
            var end = start + chunk.Length;
            if (end < from || (isPlaced && start >= to))
            {
                Flush();
                chunks.Add(chunk);
            }
            else
            {
                changed.AddRange(chunk.AsSpan(0, Math.Clamp(from - start, 0, chunk.Length)));
                Place();
                changed.AddRange(chunk.AsSpan(Math.Clamp(to - start, 0, chunk.Length)));
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
                chunks.Add([.. changed[first..(changed.Count * (part + 1) / parts)]]);
            }

            changed.Clear();
        }
    }

    /// <summary>Returns the approximate memory, in bytes, that this list does not share with another one.</summary>
    public long BytesBeside(RollEntries other)
    {
        var own = _chunks.Except(other._chunks).ToList();
        var shared = other._chunks.Except(_chunks).SelectMany(chunk => chunk).ToHashSet<RollEntry>(ReferenceEqualityComparer.Instance);
        return own.Sum(chunk => (long)chunk.Length * IntPtr.Size)
            + own.SelectMany(chunk => chunk).Where(entry => !shared.Contains(entry)).Sum(entry => 100L + entry.Run.Json.Length);
    }

    private (int Chunk, int Slot) Locate(int place)
    {
        var chunk = 0;
        for (; place >= _chunks[chunk].Length; chunk++)
        {
            place -= _chunks[chunk].Length;
        }

        return (chunk, place);
    }
}
