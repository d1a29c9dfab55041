using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text.Json;

namespace NclueGateway.TaskRuns.Snapshot.Log;

/// <summary>
/// Values of the log as bytes: the version of the format, then JSON that is compressed by Brotli. Reading is total: any other bytes than
/// those that writing gives are refused.
/// </summary>
internal static class PackedJson
{
    /// <summary>
    /// Version of the format. It is a part of the log's key: releases that write other JSON, rows included, have logs of their own.
    /// </summary>
    public const byte Version = 1;

    /// <summary>Maximum length of the JSON, in bytes: longer than that of any response of the default length.</summary>
    public const int MaxLength = 32 * 1024 * 1024;

    /// <summary>Brotli's quality, 0 to 11: 4 needs half the space of 1 for runs, and 5 twice the time of 4.</summary>
    private const int Quality = 4;

    /// <summary>Brotli's window, as a power of two: no value that is written in one piece is much longer.</summary>
    private const int Window = 18;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true,
        MaxDepth = 16,
        Converters = { new SnapshotRunConverter() },
    };

    /// <summary>Returns the bytes of a value.</summary>
    public static byte[] Write<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, Json);
        var bytes = new byte[1 + BrotliEncoder.GetMaxCompressedLength(json.Length)];
        bytes[0] = Version;
        return BrotliEncoder.TryCompress(json, bytes.AsSpan(1), out var length, Quality, Window)
            ? bytes[..(1 + length)]
            : throw new InvalidOperationException("The buffer of the longest possible result is too short.");
    }

    /// <summary>Reads a value. Returns false for bytes that <see cref="Write{T}"/> does not give.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out T? value)
    {
        value = default;
        var json = ArrayPool<byte>.Shared.Rent(Math.Clamp(8 * bytes.Length, 4_096, MaxLength));
        try
        {
            return bytes is [Version, .. var packed]
                && TryUnpack(packed, ref json, out var length)
                && TryParse(json.AsSpan(0, length), out value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }
    }

    /// <summary>Decompresses all bytes into a buffer, which grows up to <see cref="MaxLength"/>.</summary>
    private static bool TryUnpack(ReadOnlySpan<byte> packed, ref byte[] buffer, out int length)
    {
        using var decoder = new BrotliDecoder();
        for (length = 0; ;)
        {
            var room = buffer.AsSpan(length, Math.Min(buffer.Length, MaxLength) - length);
            var status = decoder.Decompress(packed, room, out var consumed, out var written);
            packed = packed[consumed..];
            length += written;
            if (status != OperationStatus.DestinationTooSmall || length == MaxLength)
            {
                return status == OperationStatus.Done && packed.IsEmpty;
            }

            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(2 * buffer.Length, MaxLength));
            buffer.AsSpan(0, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
    }

    /// <summary>
    /// Parses JSON, and writes it again: only if that gives the same bytes, every field was read, and nothing else was there.
    /// </summary>
    private static bool TryParse<T>(ReadOnlySpan<byte> json, [NotNullWhen(true)] out T? value)
    {
        try
        {
            value = JsonSerializer.Deserialize<T>(json, Json);
            return value is not null && json.SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(value, Json));
        }
        catch (Exception foreign) when (foreign is JsonException or NotSupportedException or InvalidOperationException
            or ArgumentException or FormatException or OverflowException)
        {
            value = default;
            return false;
        }
    }
}
