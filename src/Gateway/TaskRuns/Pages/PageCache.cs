using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.Extensions.Caching.Memory;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Compressed bodies, by the entity tag of their content: they stay valid after a refetch with the same rows. And results of queries. They
/// use at most <c>Cache:PageMemory</c>; results of queries are evicted first, then the least recently read bodies: ever new queries do not
/// displace pages.
/// </summary>
internal sealed class PageCache(CacheOptions options) : IDisposable
{
    /// <summary>Minimum length in bytes of a body that is compressed: a shorter one fits into one packet.</summary>
    public const int ShortestCompressed = 1024;

    /// <summary>Approximate memory of an entry beside its body, in bytes.</summary>
    private const int EntryOverhead = 512;

    private static readonly TimeSpan SlidingExpiration = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _bodies = new(new MemoryCacheOptions { SizeLimit = options.PageMemory, TrackStatistics = true });
    private readonly ConcurrentDictionary<object, Lazy<object>> _computations = new();

    /// <summary>Approximate memory of all entries, in bytes.</summary>
    public long Size => _bodies.GetCurrentStatistics()!.CurrentEstimatedSize!.Value;

    /// <summary>Returns a result of a query, and computes it if it is not cached. Callers at the same time share one computation.</summary>
    /// <param name="key">The query and the version of the list.</param>
    /// <param name="compute">Computes the result, and returns its approximate memory in bytes.</param>
    public T GetOrCompute<T>(object key, Func<(T Result, int Bytes)> compute)
        where T : class
    {
        if (_bodies.TryGetValue(key, out T? cached))
        {
            return cached!;
        }

        var computation = _computations.GetOrAdd(key, new Lazy<object>(() =>
        {
            var (result, bytes) = compute();
            Set(key, result, bytes, CacheItemPriority.Low);
            return result;
        }));
        try
        {
            return (T)computation.Value;
        }
        finally
        {
            _computations.TryRemove(key, out _);
        }
    }

    /// <summary>Returns the representation of a body to send to a client that prefers a content coding.</summary>
    /// <param name="page">The body.</param>
    /// <param name="coding">The coding; null for none.</param>
    /// <param name="hasBody">
    /// True if the body is sent. Otherwise nothing is compressed, and an uncompressed body may be returned.
    /// </param>
    public PageRepresentation GetRepresentation(IResponseBody page, string? coding, bool hasBody)
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
            Set(tag, compressed, compressed.Length, page is PageBody ? CacheItemPriority.Normal : CacheItemPriority.Low);
        }

        return compressed is { Length: > 0 } ? new(tag, compressed.Length, coding, compressed) : identity;
    }

    public void Dispose() => _bodies.Dispose();

    private void Set(object key, object value, int bytes, CacheItemPriority priority) => _bodies.Set(
        key,
        value,
        new MemoryCacheEntryOptions { Size = bytes + EntryOverhead, SlidingExpiration = SlidingExpiration, Priority = priority });

    private static byte[] Compress(IResponseBody page, string coding)
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
/// <param name="Compressed">The body; null where <see cref="IResponseBody"/> writes it.</param>
internal readonly record struct PageRepresentation(string ETag, int Length, string? Coding = null, byte[]? Compressed = null);
