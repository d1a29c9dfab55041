using System.Buffers;
using BenchmarkDotNet.Attributes;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.Micro;

/// <summary>The way from cached blocks to the bytes of a page.</summary>
[MemoryDiagnoser]
public class PageBenchmarks
{
    private static readonly PageRequest InOneBlock = new(0, 20);
    private static readonly PageRequest OverTwoBlocks = new(90, 20);

    private readonly BlockCache _list;
    private readonly PageBody _one;
    private readonly PageBody _two;
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);

    public PageBenchmarks()
    {
        var time = TimeProvider.System;
        _list = new(new CacheOptions(), time);
        for (var block = 0; block < 2; block++)
        {
            _list.Add(new(block, time.GetTimestamp(), Blocks.Normalize(Blocks.Body(block))), time.GetTimestamp());
        }

        _one = Make(InOneBlock);
        _two = Make(OverTwoBlocks);
    }

    /// <summary>The body that was written last.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>Renders a page of one block; returns its tag.</summary>
    [Benchmark(Description = "page of 20 runs: rendered from its block")]
    public string Make() => Make(InOneBlock).ETag;

    /// <summary>Writes the body of a page of one block; returns its length in bytes.</summary>
    [Benchmark(Description = "page of 20 runs: body written")]
    public int Write() => Write(_one);

    /// <summary>Renders a page of two blocks; returns its tag.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: rendered from them")]
    public string MakeOverTwoBlocks() => Make(OverTwoBlocks).ETag;

    /// <summary>Writes the body of a page of two blocks; returns its length in bytes.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: body written")]
    public int WriteOverTwoBlocks() => Write(_two);

    /// <summary>Writes the links of a page.</summary>
    [Benchmark(Description = "page of 10 + 10 runs of two blocks: links written")]
    public string Link() => PageHandler.Links("/api/task-runs", OverTwoBlocks, _list.Extent);

    private PageBody Make(PageRequest request) => new(_list.Find(request, long.MinValue));

    private int Write(PageBody page)
    {
        _body.ResetWrittenCount();
        page.WriteTo(_body);
        return _body.WrittenCount;
    }
}
