using System.Diagnostics.CodeAnalysis;
using NclueGateway.Upstream;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The normalised rows of one upstream answer: UTF-8 JSON, written once when the answer arrives and sliced for every page afterwards.
/// </summary>
/// <remarks>
/// Rows stay where the upstream put them: a row that was dropped (no id, or an id already seen) is a slot without bytes, so that row
/// <c>i</c> here is row <c>100·n + i</c> of the list and a slice needs no search.
/// </remarks>
internal sealed class TaskRunRows
{
    /// <summary>The rows a block is asked for, and the most one holds.</summary>
    public const int Capacity = NclueClient.BlockSize;

    /// <summary>The runs as JSON objects with a comma between each two, and no brackets around them.</summary>
    public required byte[] Json { get; init; }

    /// <summary>Per row received: where the row starts in <see cref="Json"/>, or, when it was dropped, where the next one would.</summary>
    public required int[] Starts { get; init; }

    /// <summary>Per row received: where the row ends in <see cref="Json"/>, or, when it was dropped, where the one before it did.</summary>
    public required int[] Ends { get; init; }

    /// <summary>Per row received: a hash of the row's bytes; 0 for a dropped row.</summary>
    public required UInt128[] Hashes { get; init; }

    /// <summary>Per row received: a hash of the run's id; 0 for a dropped row.</summary>
    public required ulong[] IdHashes { get; init; }

    /// <summary>The upstream's <c>total</c>, whatever it may count, or null when it sent none that is a number ≥ 0.</summary>
    public required long? Total { get; init; }

    /// <summary>Rows received, dropped ones included: 0 to 100.</summary>
    public int Count => Starts.Length;

    /// <summary>Whether the upstream sent as many rows as it was asked for, so that more may follow.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>
    /// The bytes of rows <paramref name="from"/> to <paramref name="to"/> (exclusive); empty when all of them were dropped.
    /// </summary>
    [SuppressMessage("Style", "IDE0057", Justification = "a range would copy")]
    public ReadOnlyMemory<byte> Slice(int from, int to)
    {
        if (from >= to)
        {
            return default;
        }

        var start = Starts[from];
        var length = Ends[to - 1] - start;
        return length <= 0 ? default : Json.AsMemory(start, length);
    }

    /// <summary>
    /// The id of a row as it is written in <see cref="Json"/>, without its quotes: equal ids are equal bytes. Empty for a dropped row.
    /// </summary>
    public ReadOnlySpan<byte> Id(int row)
    {
        var written = Slice(row, row + 1).Span;
        return written.IsEmpty ? [] : IdOf(written);
    }

    /// <summary>The head of each row's JSON: a row is an object whose first property is its id. No other field of a row is known here.</summary>
    public static ReadOnlySpan<byte> Head => "{\"id\":\""u8;

    /// <summary>Returns the id at the head of one row's JSON, as written and without its quotes.</summary>
    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> row)
    {
        var id = row[Head.Length..];
        var end = 0;
        while (id[end] != '"')
        {
            end += id[end] == '\\' ? 2 : 1; // an escaped quote does not end it
        }

        return id[..end];
    }
}
