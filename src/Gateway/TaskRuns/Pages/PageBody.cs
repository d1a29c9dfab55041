using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// The body of one page: a prefix, slices of one block or of two, and a suffix. It neither parses nor serialises a run,
/// and hashes only the hashes of the rows.
/// </summary>
internal sealed class PageBody : IResponseBody
{
    [ThreadStatic]
    private static XxHash128? _hashes; // reused, because it is a tenth of all memory that a read allocates

    private readonly ReadOnlyMemory<byte> _first;
    private readonly ReadOnlyMemory<byte> _second;
    private readonly byte[] _prefix;

    /// <summary>Creates the body of a page.</summary>
    /// <param name="parts">The page; each part must have its block.</param>
    public PageBody(PageSlices parts)
    {
        var hashes = _hashes ??= new();
        hashes.Reset();
        var first = Bounded(parts.First);
        _first = first.Block!.Rows.Slice(first.From, first.To);
        AddHashes(hashes, first.Block.Rows, first.From, first.To);

        if (parts.Second is { } second)
        {
            _second = SliceWithoutRepeats(first, Bounded(second), hashes);
        }

        var total = parts.Extent.Length?.ToString(CultureInfo.InvariantCulture) ?? "null";
        _prefix = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"index":{{parts.Request.Index}},"limit":{{parts.Request.Limit}},"total":{{total}},"runs":["""));
        hashes.Append(_prefix); // index, limit and total are content too
        ETag = $"\"{hashes.GetCurrentHashAsUInt128():x32}\"";
    }

    /// <inheritdoc/>
    public string ETag { get; }

    /// <inheritdoc/>
    public int Length => _prefix.Length + _first.Length + (HasBoth ? 1 : 0) + _second.Length + Suffix.Length;

    private static ReadOnlySpan<byte> Suffix => "]}"u8;

    private bool HasBoth => _first.Length > 0 && _second.Length > 0;

    /// <inheritdoc/>
    public void WriteTo(IBufferWriter<byte> body)
    {
        body.Write(_prefix);
        body.Write(_first.Span);
        if (HasBoth)
        {
            body.Write(","u8);
        }

        body.Write(_second.Span);
        body.Write(Suffix);
    }

    private static PagePart Bounded(PagePart part)
    {
        var count = part.Block!.Rows.Count;
        return part with { From = Math.Min(part.From, count), To = Math.Min(part.To, count) };
    }

    /// <summary>
    /// Returns the second part without the runs that the first part contains. Rows can shift between the fetches of two
    /// blocks, while runs are created and deleted.
    /// </summary>
    private static ReadOnlyMemory<byte> SliceWithoutRepeats(PagePart first, PagePart second, XxHash128 hashes)
    {
        var shown = first.Block!.Rows;
        var rows = second.Block!.Rows;
        if (!Enumerable.Range(second.From, second.To - second.From).Any(IsRepeat))
        {
            AddHashes(hashes, rows, second.From, second.To);
            return rows.Slice(second.From, second.To);
        }

        var kept = new ArrayBufferWriter<byte>();
        for (var row = second.From; row < second.To; row++)
        {
            if (!IsRepeat(row) && rows.Slice(row, row + 1) is { Length: > 0 } bytes)
            {
                if (kept.WrittenCount > 0)
                {
                    kept.Write(","u8);
                }

                kept.Write(bytes.Span);
                AddHashes(hashes, rows, row, row + 1);
            }
        }

        return kept.WrittenMemory;

        bool IsRepeat(int row)
        {
            var hash = rows.IdHashes[row];
            var at = hash == 0 ? -1 : shown.IdHashes.AsSpan(first.From, first.To - first.From).IndexOf(hash);
            return at >= 0 && shown.Id(first.From + at).SequenceEqual(rows.Id(row));
        }
    }

    /// <summary>
    /// Appends the hashes of the rows from <paramref name="from"/> to <paramref name="to"/>, except of dropped rows
    /// (0).
    /// </summary>
    private static void AddHashes(XxHash128 hashes, TaskRunRows rows, int from, int to)
    {
        var all = rows.Hashes.AsSpan(from, to - from);
        for (var dropped = all.IndexOf(UInt128.Zero); dropped >= 0; dropped = all.IndexOf(UInt128.Zero))
        {
            hashes.Append(MemoryMarshal.AsBytes(all[..dropped]));
            all = all[(dropped + 1)..];
        }

        hashes.Append(MemoryMarshal.AsBytes(all));
    }
}
