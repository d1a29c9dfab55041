using System.Collections.Concurrent;
using NclueGateway.Hosting;
using NclueGateway.Redis;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// The blocks that the replicas share through Redis. A lookup never waits for the upstream, and there is one lookup of
/// a block at a time. A value that this replica cannot read counts as missing; the first one is logged.
/// </summary>
[LogCategory("NclueGateway.TaskRuns.SharedBlocks")]
internal sealed partial class SharedBlocks(
    BlockCache blockCache,
    IUpstreamCoordinator coordinator,
    BlockDirectory directory,
    DistributedBlockStore store,
    IReadOnlyList<BlockFormat> formats,
    RedisCircuit circuit,
    CacheOptions cache,
    TimeProvider time,
    ILogger<SharedBlocks> logger) : ISharedBlocks
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<int, Task> _lookups = new();
    private readonly ConcurrentDictionary<int, long> _unreadable = new();
    private int _isLogged;

    public event EventHandler<BlockLookedUpEventArgs>? LookedUp;

    public async Task StartAsync()
    {
        try
        {
            await store.GetAsync(formats[0].Version, block: 0, fetchedAt: 0, RedisCircuit.StartPatience);
        }
        catch (RedisAwayException)
        {
            // The coordinator goes on probing Redis.
        }
    }

    public IEnumerable<int> Newer => IsAway ? [] : directory.Newest.Where(copy => copy.Value > Known(copy.Key)).Select(copy => copy.Key);

    private bool IsAway => circuit.State.IsAvailable != true;

    public bool HasNewer(int block) => !IsAway && directory.NewestOf(block) is > 0 and var newest && newest > Known(block);

    public bool IsLooking(int block) => _lookups.ContainsKey(block);

    public long Known(int block) =>
        Math.Max(blockCache.TryGet(block, out var held) ? held.Block.FetchedAt : 0, _unreadable.GetValueOrDefault(block));

    public Task LookAsync(int block)
    {
        lock (_lock)
        {
            if (!_lookups.TryGetValue(block, out var lookup))
            {
                _lookups[block] = lookup = LookOnceAsync(block);
            }

            return lookup;
        }
    }

    public async Task EndAsync(Permit permit, int number, TaskRunBlock? block, bool hasResponse)
    {
        var isStored = block is not null && !IsAway
            && await store.TrySetAsync(formats[0].Version, number, block.FetchedAt, formats[0].Write(block));
        var outcome = isStored ? FetchOutcome.Stored : hasResponse ? FetchOutcome.Responded : FetchOutcome.Failed;
        if (await coordinator.EndAsync(permit, number, outcome) is > 0 and var superfluous)
        {
            foreach (var format in formats)
            {
                await store.TryRemoveAsync(format.Version, number, superfluous);
            }
        }
    }

    private async Task LookOnceAsync(int block)
    {
        await Task.Yield(); // the caller adds this task to _lookups first
        try
        {
            var fetchedAt = directory.NewestOf(block);
            if (fetchedAt > Known(block))
            {
                // A copy that was not added to the cache is not looked up again.
                LookedUp?.Invoke(this, new(await ReadAsync(block, fetchedAt)));
                if (fetchedAt > Known(block))
                {
                    _unreadable[block] = fetchedAt;
                }
            }
        }
        catch (RedisAwayException)
        {
            LookedUp?.Invoke(this, new(null)); // the readers that wait for the lookup go on without a copy
        }
        finally
        {
            _lookups.TryRemove(block, out _);
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

            if (Interlocked.Exchange(ref _isLogged, 1) == 0)
            {
                Unreadable(logger, number);
            }
        }

        return null;
    }

    [LoggerMessage(1, LogLevel.Warning,
        "The value of block {Block} in Redis was not written by a gateway: it counts as missing. Further such values are not logged.")]
    private static partial void Unreadable(ILogger logger, int block);
}
