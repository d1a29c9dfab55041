using System.Collections.Concurrent;
using NclueGateway.Hosting;
using NclueGateway.Redis;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The blocks that the replicas share through Redis. A look never waits for the upstream, and a block is looked for once at a time. What Redis
/// holds but this replica cannot read is no copy, and is said once.
/// </summary>
[LogCategory("NclueGateway.TaskRuns.SharedBlocks")]
internal sealed partial class SharedBlocks(
    BlockCache list,
    IUpstreamCoordinator pacer,
    BlockDirectory directory,
    DistributedBlockStore store,
    IReadOnlyList<BlockFormat> formats,
    RedisCircuit circuit,
    CacheOptions cache,
    TimeProvider time,
    ILogger<SharedBlocks> logger) : ISharedBlocks
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<int, Task> _looks = new();
    private readonly ConcurrentDictionary<int, long> _unreadable = new();
    private int _isSaid;

    public event EventHandler<BlockLookedUpEventArgs>? LookedUp;

    public async Task StartAsync()
    {
        try
        {
            await store.GetAsync(formats[0].Version, block: 0, fetchedAt: 0, RedisCircuit.StartPatience);
        }
        catch (RedisAwayException)
        {
            // The pacer goes on looking for it.
        }
    }

    public IEnumerable<int> Newer => IsAway ? [] : directory.Newest.Where(copy => copy.Value > Known(copy.Key)).Select(copy => copy.Key);

    private bool IsAway => circuit.State.IsAnswering != true;

    public bool HasNewer(int block) => !IsAway && directory.NewestOf(block) is > 0 and var newest && newest > Known(block);

    public bool IsLooking(int block) => _looks.ContainsKey(block);

    public long Known(int block) =>
        Math.Max(list.TryGet(block, out var held) ? held.Block.FetchedAt : 0, _unreadable.GetValueOrDefault(block));

    public Task LookAsync(int block)
    {
        lock (_lock)
        {
            if (!_looks.TryGetValue(block, out var look))
            {
                _looks[block] = look = LookOnceAsync(block);
            }

            return look;
        }
    }

    public async Task EndAsync(Permit departure, int number, TaskRunBlock? block, bool isAnswered)
    {
        var isStored = block is not null && !IsAway
            && await store.TrySetAsync(formats[0].Version, number, block.FetchedAt, formats[0].Write(block));
        var end = isStored ? FetchOutcome.Stored : isAnswered ? FetchOutcome.Answered : FetchOutcome.Failed;
        if (await pacer.EndAsync(departure, number, end) is > 0 and var superfluous)
        {
            foreach (var format in formats)
            {
                await store.TryRemoveAsync(format.Version, number, superfluous);
            }
        }
    }

    private async Task LookOnceAsync(int block)
    {
        await Task.Yield(); // first it is noted that a look is under way
        try
        {
            var fetchedAt = directory.NewestOf(block);
            if (fetchedAt > Known(block))
            {
                // What the list has no use for is not looked for again.
                LookedUp?.Invoke(this, new(await ReadAsync(block, fetchedAt)));
                if (fetchedAt > Known(block))
                {
                    _unreadable[block] = fetchedAt;
                }
            }
        }
        catch (RedisAwayException)
        {
            LookedUp?.Invoke(this, new(null)); // whether there is a copy is not known: the readers that wait for it go on without
        }
        finally
        {
            _looks.TryRemove(block, out _);
        }
    }

    private async Task<TaskRunBlock?> ReadAsync(int number, long fetchedAt)
    {
        if (directory.TimestampOf(fetchedAt) is not { } departedAt || time.GetElapsedTime(departedAt) > cache.KeepFor)
        {
            return null;
        }

        foreach (var format in formats)
        {
            if (await store.GetAsync(format.Version, number, fetchedAt, RedisCircuit.Patience) is not { } bytes)
            {
                continue;
            }

            if (format.Read(bytes, number, fetchedAt) is { } rows)
            {
                return new(number, departedAt, rows, fetchedAt);
            }

            if (Interlocked.Exchange(ref _isSaid, 1) == 0)
            {
                Unreadable(logger, number);
            }
        }

        return null;
    }

    [LoggerMessage(1, LogLevel.Warning,
        "What Redis holds for block {Block} is not what a gateway has written: it counts as missing. Further such values are not logged.")]
    private static partial void Unreadable(ILogger logger, int block);
}
