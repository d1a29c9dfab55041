using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text.Json;

namespace NclueGateway.Mirror.Blocks;

/// <summary>One version of the format in which a block is stored in Redis for other replicas.</summary>
/// <param name="Version">Part of the keys in Redis: a replica reads only the versions that it knows.</param>
/// <param name="Write">Writes a block.</param>
/// <param name="Read"> Reads the rows of the block with this number and fetch time; null for bytes that
/// <paramref name="Write"/> cannot have written for that block.
/// </param>
internal sealed record BlockFormat(int Version, Func<TaskRunBlock, byte[]> Write, Func<byte[], int, long, TaskRunRows?> Read)
{
    /// <summary>
    /// The versions that this release reads; it writes the first of them. A replaced version is still read for one
    /// release, so that a rollout does not start with an empty cache. There is only one version so far.
    /// </summary>
    public static readonly IReadOnlyList<BlockFormat> Known = [new(1, BlockFormat1.Write, BlockFormat1.Read)];
}

/// <summary>
/// Version 1, little-endian: <c>NCB1</c>, block number (4 bytes), fetch time (8), <c>total</c> or −1 (8), rows received
/// (1), the length of each row's JSON or 0 (4 each), the JSON of <see cref="TaskRunRows.Json"/>, and the XxHash3 of all
/// preceding bytes (8).
/// </summary>
internal static class BlockFormat1
{
    private const int HeadLength = 4 + 4 + 8 + 8 + 1;
    private const int HashLength = 8;

    private static ReadOnlySpan<byte> Magic => "NCB1"u8;

    public static byte[] Write(TaskRunBlock block)
    {
        var rows = block.Rows;
        var bytes = new byte[HeadLength + (4 * rows.Count) + rows.Json.Length + HashLength];
        var rest = bytes.AsSpan();
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], block.Number);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], block.FetchedAt);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], rows.Total ?? -1);
        rest[24] = (byte)rows.Count;
        rest = rest[HeadLength..];
        for (var row = 0; row < rows.Count; row++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, rows.Slice(row, row + 1).Length);
            rest = rest[4..];
        }

        rows.Json.CopyTo(rest);
        var hash = XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - HashLength));
        BinaryPrimitives.WriteUInt64LittleEndian(rest[rows.Json.Length..], hash);
        return bytes;
    }

    public static TaskRunRows? Read(byte[] bytes, int number, long fetchedAt)
    {
        var all = bytes.AsSpan();
        if (all.Length < HeadLength + HashLength
            || !all.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt64LittleEndian(all[^HashLength..]) != XxHash3.HashToUInt64(all[..^HashLength])
            || BinaryPrimitives.ReadInt32LittleEndian(all[4..]) != number
            || BinaryPrimitives.ReadInt64LittleEndian(all[8..]) != fetchedAt
            || all[24] > TaskRunRows.Capacity
            || all.Length < HeadLength + (4 * all[24]) + HashLength)
        {
            return null;
        }

        var total = BinaryPrimitives.ReadInt64LittleEndian(all[16..]);
        var count = all[24];
        var lengths = all.Slice(HeadLength, 4 * count);
        var json = all[(HeadLength + (4 * count))..^HashLength];
        var rows = new TaskRunRowsBuilder(json.Length + 1);
        for (var row = 0; row < count; row++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(lengths[(4 * row)..]);
            if (length == 0)
            {
                rows.Drop();
                continue;
            }

            var comma = rows.IsEmpty ? 0 : 1;
            if (length < 0 || length > json.Length - comma || !IsRow(json.Slice(comma, length)))
            {
                return null;
            }

            rows.Add(json.Slice(comma, length));
            json = json[(comma + length)..];
        }

        return json.IsEmpty && total >= -1 ? rows.Build(total < 0 ? null : total) : null;
    }

    /// <summary>
    /// Returns true if the bytes are one JSON object that begins with an id. Only such bytes may become a part of a
    /// page.
    /// </summary>
    private static bool IsRow(ReadOnlySpan<byte> row)
    {
        try
        {
            var reader = new Utf8JsonReader(row);
            if (!row.StartsWith(TaskRunRows.Head) || !reader.Read())
            {
                return false;
            }

            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
