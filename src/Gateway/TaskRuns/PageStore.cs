using System.Collections.Concurrent;
using NclueGateway.Caching;
using NclueGateway.Nclue;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Prepared pages, by the block that they start in. They go with their block; and when all of them together take more than
/// <c>Cache:PageMemory</c>, those of the block that was read the longest ago go first.
/// </summary>
/// <remarks>Any number of readers. One that finds its page takes no lock.</remarks>
internal sealed class PageStore
{
    private readonly ConcurrentDictionary<int, PagesOfBlock> _blocks = new();
    private readonly Lock _sweep = new();
    private readonly TimeProvider _time;
    private readonly int _most;
    private readonly long _coarse;
    private long _size;

    public PageStore(TaskRunList list, CacheOptions options, TimeProvider time)
    {
        _time = time;
        _most = options.PageMemory;
        _coarse = time.Ticks(TimeSpan.FromSeconds(1));
        list.Dropped = Drop;
    }

    /// <summary>What all pages take of memory, about, in bytes.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>The page that these parts make.</summary>
    /// <param name="parts">Complete: every part has its block.</param>
    /// <param name="pathBase">What the gateway's paths begin with, encoded.</param>
    public PreparedPage Get(PageParts parts, string pathBase)
    {
        var pages = PagesOf(parts.First.Block!);
        if (!pages.ByRequest.TryGetValue(parts.Request, out var page) || !page.Is(parts, pathBase))
        {
            page = Prepare(pages, parts, pathBase);
        }

        return page;
    }

    private PreparedPage Prepare(PagesOfBlock pages, PageParts parts, string pathBase)
    {
        var page = new PreparedPage(parts, pathBase, by => Grow(pages, by));
        pages.ByRequest[parts.Request] = page;
        Grow(pages, PreparedPage.Overhead);
        return page;
    }

    private PagesOfBlock PagesOf(TaskRunBlock block)
    {
        if (!_blocks.TryGetValue(block.Number, out var pages) || !ReferenceEquals(pages.Block, block))
        {
            Drop(block.Number);
            pages = _blocks.GetOrAdd(block.Number, static (_, of) => new(of), block);
        }

        // Written rarely, so that readers on other cores keep their copy of this line.
        var now = _time.GetTimestamp();
        if (now - pages.LastReadAt > _coarse)
        {
            pages.LastReadAt = now;
        }

        return pages;
    }

    private void Drop(int block)
    {
        if (_blocks.TryRemove(block, out var pages))
        {
            lock (pages)
            {
                pages.IsDropped = true;
                Interlocked.Add(ref _size, -pages.Size);
            }
        }
    }

    private void Grow(PagesOfBlock pages, int by)
    {
        lock (pages)
        {
            if (pages.IsDropped)
            {
                return; // it is its last reader's, and nobody finds it any more
            }

            pages.Size += by;
            Interlocked.Add(ref _size, by);
        }

        if (Size > _most)
        {
            Sweep();
        }
    }

    private void Sweep()
    {
        lock (_sweep)
        {
            foreach (var (block, _) in _blocks.OrderBy(pages => pages.Value.LastReadAt).ToList())
            {
                if (Size <= _most / 4 * 3)
                {
                    return;
                }

                Drop(block);
            }
        }
    }

    /// <summary>The pages that start in one copy of a block.</summary>
    private sealed class PagesOfBlock(TaskRunBlock block)
    {
        private long _lastReadAt = long.MinValue / 2;

        public TaskRunBlock Block => block;

        public ConcurrentDictionary<PageRequest, PreparedPage> ByRequest { get; } = new(concurrencyLevel: 1, capacity: 7);

        public long LastReadAt
        {
            get => Volatile.Read(ref _lastReadAt);
            set => Volatile.Write(ref _lastReadAt, value);
        }

        // These two belong to whoever holds the lock on this.
        public long Size { get; set; }

        public bool IsDropped { get; set; }
    }
}
