using System.Buffers;
using BenchmarkDotNet.Attributes;
using NclueGateway.Caching;
using NclueGateway.TaskRuns;

namespace NclueGateway.Micro;

/// <summary>From blocks that are held to the bytes of a page.</summary>
[MemoryDiagnoser]
public class PageBenchmarks
{
    private static readonly PageRequest InOneBlock = new(0, 20);
    private static readonly PageRequest OverTwoBlocks = new(90, 20);

    private readonly TaskRunList _list;
    private readonly PageStore _pages;
    private readonly PreparedPage _one;
    private readonly PreparedPage _two;
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);

    public PageBenchmarks()
    {
        var (options, time) = (new CacheOptions(), TimeProvider.System);
        _list = new(options, time);
        _pages = new(_list, options, time);
        for (var block = 0; block < 2; block++)
        {
            _list.Add(new(block, time.GetTimestamp(), Blocks.Normalize(Blocks.Body(block))), time.GetTimestamp());
        }

        _one = _pages.Get(Locate(InOneBlock), "");
        _two = _pages.Get(Locate(OverTwoBlocks), "");
    }

    /// <summary>The body that was written last.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>Finds a page of one block that has been prepared; its link.</summary>
    [Benchmark(Description = "page of 20 runs: found prepared")]
    public string Find() => _pages.Get(Locate(InOneBlock), "").Link;

    /// <summary>Prepares a page of one block; its tag.</summary>
    [Benchmark(Description = "page of 20 runs: prepared from its block")]
    public string Prepare() => Prepare(InOneBlock);

    /// <summary>Writes the body of a page of one block; its length in bytes.</summary>
    [Benchmark(Description = "page of 20 runs: body written")]
    public int Write() => Write(_one);

    /// <summary>Finds a page over two blocks that has been prepared; its link.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: found prepared")]
    public string FindOverTwoBlocks() => _pages.Get(Locate(OverTwoBlocks), "").Link;

    /// <summary>Prepares a page over two blocks; its tag.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: prepared from them")]
    public string PrepareOverTwoBlocks() => Prepare(OverTwoBlocks);

    /// <summary>Writes the body of a page over two blocks; its length in bytes.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: body written")]
    public int WriteOverTwoBlocks() => Write(_two);

    private PageParts Locate(PageRequest request) => _list.Locate(request, long.MinValue, null, out _);

    private string Prepare(PageRequest request) => new PreparedPage(Locate(request), "", static _ => { }).ETag;

    private int Write(PreparedPage page)
    {
        _body.ResetWrittenCount();
        page.Write(page.In(ContentCoding.Identity), _body);
        return _body.WrittenCount;
    }
}
