using System.Diagnostics.CodeAnalysis;
using NclueGateway.Upstream;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The normalised rows of one upstream response: UTF-8 JSON, written once when the response arrives and sliced for
/// every page afterwards.
/// </summary>
/// <remarks>
/// Rows keep the position that the upstream gave them: a dropped row (no id, or an id already seen) is a slot without
/// bytes. So row <c>i</c> of block <c>n</c> is row <c>100·n + i</c> of the list, and a slice needs no search.
/// </remarks>
internal sealed class TaskRunRows
{
    /// <summary>Number of rows requested for a block, and the maximum that a block contains.</summary>
    public const int Capacity = NclueClient.BlockSize;

    /// <summary>The runs as JSON objects with a comma between each two, and no brackets around them.</summary>
    public required byte[] Json { get; init; }

    /// <summary>
    /// Per received row: its end in <see cref="Json"/>; for a dropped row, the end of the row before it.
    /// </summary>
    public required int[] Ends { get; init; }

    /// <summary>Per received row: a hash of its bytes; 0 for a dropped row.</summary>
    public required UInt128[] Hashes { get; init; }

    /// <summary>Per received row: a hash of the run's id; 0 for a dropped row.</summary>
    public required ulong[] IdHashes { get; init; }

    /// <summary>
    /// The upstream's <c>total</c>; null when it sent none that is a number ≥ 0. NCLUE does not document what it
    /// counts.
    /// </summary>
    public required long? Total { get; init; }

    /// <summary>Number of received rows, including dropped ones: 0 to 100.</summary>
    public int Count => Ends.Length;

    /// <summary>True if the upstream sent as many rows as requested, so that more may follow.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>
    /// Returns the bytes of rows <paramref name="from"/> to <paramref name="to"/> (exclusive); empty when all of them
    /// were dropped.
    /// </summary>
    [SuppressMessage("Style", "IDE0057", Justification = "a range would copy")]
    public ReadOnlyMemory<byte> Slice(int from, int to)
    {
        if (from >= to)
        {
            return default;
        }

        var before = from == 0 ? 0 : Ends[from - 1];
        var start = before == 0 ? 0 : before + 1; // after the comma
        var length = Ends[to - 1] - start;
        return length <= 0 ? default : Json.AsMemory(start, length);
    }

    /// <summary>
    /// Returns the id of a row as written in <see cref="Json"/>, without its quotes: equal ids have equal bytes. Empty
    /// for a dropped row.
    /// </summary>
    public ReadOnlySpan<byte> Id(int row)
    {
        var written = Slice(row, row + 1).Span;
        return written.IsEmpty ? [] : IdOf(written);
    }

    /// <summary>
    /// The first bytes of each row's JSON: a row is an object whose first property is its id. The mirror knows no other
    /// field of a row.
    /// </summary>
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
