using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// A position in the result of a query on one version of the snapshot. It grants nothing and contains nothing of a run: a forged one is
/// another position. Its text is base64url (RFC 4648 §5).
/// </summary>
/// <param name="Version">The version.</param>
/// <param name="Query">Hash of the query.</param>
/// <param name="Index">The first run of the page, counted from 0.</param>
internal readonly record struct QueryCursor(SnapshotVersion Version, ulong Query, int Index)
{
    private const int Length = 8 + 8 + 4 + 8 + 4;
    private const int LengthWithChecksum = Length + 4;

    /// <summary>Reads a cursor. Returns false if its text is damaged.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out QueryCursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[LengthWithChecksum];
        if (text is null || text.Length != Base64Url.GetEncodedLength(LengthWithChecksum) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != LengthWithChecksum
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[Length..]) != Crc32.HashToUInt32(bytes[..Length]))
        {
            return false;
        }

        cursor = new(
            new(
                BinaryPrimitives.ReadInt64BigEndian(bytes),
                BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[16..])),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[20..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[28..]));
        return cursor is { Version: { Epoch: >= 0, Number: >= 0 }, Index: >= 0 and <= PageRequest.MaxIndex };
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[LengthWithChecksum];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Version.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Version.Number);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], Version.Chain);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[20..], Query);
        BinaryPrimitives.WriteInt32BigEndian(bytes[28..], Index);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[Length..], Crc32.HashToUInt32(bytes[..Length]));
        return Base64Url.EncodeToString(bytes);
    }
}
