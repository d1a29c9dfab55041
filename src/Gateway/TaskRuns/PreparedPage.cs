using System.Buffers;
using System.IO.Compression;

namespace NclueGateway.TaskRuns;

/// <summary>
/// A page as it is sent, with all that does not change with time: made once for as long as its blocks and the extent of the list are the same.
/// </summary>
internal sealed class PreparedPage
{
    /// <summary>A smaller body is not worth compressing: it fits into one packet as it is.</summary>
    public const int LeastCompressed = 1024;

    /// <summary>What a page takes of memory, about, in bytes, beside what is compressed. Its blocks are not counted.</summary>
    public const int Overhead = 1024;

    private readonly PageBody _body;
    private readonly string _pathBase;
    private readonly Action<int> _grown;
    private readonly PageForm?[] _forms = new PageForm?[3]; // by coding
    private int _compressibleReads;

    /// <param name="parts">Complete: every part has its block.</param>
    /// <param name="pathBase">What the gateway's paths begin with, encoded.</param>
    /// <param name="grown">Called when the page takes so many bytes of memory more.</param>
    public PreparedPage(PageParts parts, string pathBase, Action<int> grown)
    {
        _pathBase = pathBase;
        _grown = grown;
        _body = new(parts);
        Link = PageLinks.For(pathBase + TaskRunsEndpoint.Path, parts.Request, parts.Extent);
        _forms[0] = new(ContentCoding.Identity, _body.ETag, _body.Length, null);
    }

    /// <summary>The value of <c>Link</c>.</summary>
    public string Link { get; }

    /// <summary>The tag of the content, in quotes, whatever its coding.</summary>
    public string ETag => _body.ETag;

    /// <summary>Whether it is still what a reader would get.</summary>
    public bool Is(PageParts parts, string pathBase) => _body.Parts == parts && _pathBase == pathBase;

    /// <summary>What is there in a coding; as it is while it has not been compressed. For answers without a body.</summary>
    public PageForm Made(ContentCoding coding) => Volatile.Read(ref _forms[(int)coding]) ?? _forms[0]!;

    /// <summary>What to send to somebody who accepts a coding: compressed when that has not been done, as it is where that is not worth it.</summary>
    public PageForm In(ContentCoding coding)
    {
        var made = Made(coding);
        if (made.Coding == coding || _body.Length < LeastCompressed)
        {
            return made;
        }

        // Most pages are read once before their block is renewed: those are sent as they are.
        if (Interlocked.Increment(ref _compressibleReads) < 2)
        {
            return made;
        }

        var form = Compress(coding);
        if (Interlocked.CompareExchange(ref _forms[(int)coding], form, null) is { } other)
        {
            return other;
        }

        _grown(form.Length);
        return form;
    }

    /// <summary>Writes a body.</summary>
    public void Write(PageForm form, IBufferWriter<byte> body)
    {
        if (form.Compressed is { } compressed)
        {
            new BodyRoom(body, compressed.Length).Write(compressed);
        }
        else
        {
            _body.WriteTo(body);
        }
    }

    private PageForm Compress(ContentCoding coding)
    {
        var plain = new ArrayBufferWriter<byte>(_body.Length);
        _body.WriteTo(plain);
        using var packed = new MemoryStream(_body.Length / 4);
        using (Stream stream = coding == ContentCoding.Gzip
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(plain.WrittenSpan);
        }

        var compressed = packed.ToArray();
        return new(coding, $"{_body.ETag[..^1]}-{coding.Name()}\"", compressed.Length, compressed);
    }
}

/// <summary>A page in one content coding.</summary>
/// <param name="Coding">The coding.</param>
/// <param name="ETag">The entity tag, in quotes: each coding has one of its own (RFC 9110, section 8.8.3.3).</param>
/// <param name="Length">The length of the body in bytes.</param>
/// <param name="Compressed">The body, unless it is in no coding.</param>
internal sealed record PageForm(ContentCoding Coding, string ETag, int Length, byte[]? Compressed);
