using System.Buffers;
using System.IO.Compression;
using Microsoft.Extensions.Caching.Memory;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Compressed pages, by the entity tag of their content: they stay valid after a refetch with the same rows. They use
/// at most <c>Cache:PageMemory</c>; the least recently read are evicted first.
/// </summary>
internal sealed class PageCache(CacheOptions options) : IDisposable
{
    /// <summary>Minimum length in bytes of a body that is compressed: a shorter one fits into one packet.</summary>
    public const int ShortestCompressed = 1024;

    /// <summary>Approximate memory of an entry beside its body, in bytes.</summary>
    private const int EntryOverhead = 512;

    private static readonly TimeSpan SlidingExpiration = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _bodies = new(new MemoryCacheOptions { SizeLimit = options.PageMemory, TrackStatistics = true });

    /// <summary>Approximate memory of all entries, in bytes.</summary>
    public long Size => _bodies.GetCurrentStatistics()!.CurrentEstimatedSize!.Value;

    /// <summary>Returns the representation of a page to send to a client that prefers a content coding.</summary>
    /// <param name="page">The page.</param>
    /// <param name="coding">The coding; null for none.</param>
    /// <param name="hasBody">
    /// True if the body is sent. Otherwise no page is compressed, and an uncompressed one may be returned.
    /// </param>
    public PageRepresentation GetRepresentation(PageBody page, string? coding, bool hasBody)
    {
        var identity = new PageRepresentation(page.ETag, page.Length);
        if (coding is null || page.Length < ShortestCompressed)
        {
            return identity;
        }

        var tag = $"{page.ETag[..^1]}-{coding}\"";
        var isKnown = _bodies.TryGetValue(tag, out byte[]? compressed);
        if (hasBody && compressed is not { Length: > 0 })
        {
            // Most pages are read only once before their content changes. So the first read stores an empty mark, and
            // the second one compresses.
            compressed = isKnown ? Compress(page, coding) : [];
            _bodies.Set(
                tag,
                compressed,
                new MemoryCacheEntryOptions { Size = compressed.Length + EntryOverhead, SlidingExpiration = SlidingExpiration });
        }

        return compressed is { Length: > 0 } ? new(tag, compressed.Length, coding, compressed) : identity;
    }

    public void Dispose() => _bodies.Dispose();

    private static byte[] Compress(PageBody page, string coding)
    {
        var plain = new ArrayBufferWriter<byte>(page.Length);
        page.WriteTo(plain);
        using var packed = new MemoryStream(page.Length / 4);
        using (Stream stream = coding == ContentNegotiation.Gzip
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(plain.WrittenSpan);
        }

        return packed.ToArray();
    }
}

/// <summary>A page with one content coding, or without.</summary>
/// <param name="ETag">The entity tag, in quotes: each coding has its own tag (RFC 9110 §8.8.3.3).</param>
/// <param name="Length">The length of the body in bytes.</param>
/// <param name="Coding">The name of the coding; null for none.</param>
/// <param name="Compressed">The body; null where <see cref="PageBody"/> writes it.</param>
internal readonly record struct PageRepresentation(string ETag, int Length, string? Coding = null, byte[]? Compressed = null);
