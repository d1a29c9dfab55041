using NclueGateway.Mirror.Blocks;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Stores the blocks that this replica or another one has fetched, and records failures.</summary>
/// <param name="sync">The lock of the refresher.</param>
internal sealed class FetchedBlocks(
    BlockCache blocks,
    RefreshQueue queue,
    UpstreamBackoff backoff,
    ReaderWaits waits,
    IRowNormalizer normalizer,
    CacheOptions cache,
    TimeProvider time,
    Lock sync)
{
    /// <summary>Normalizes the body of a response and stores its block, or records the failure.</summary>
    public FetchedBlock Complete(int number, Permit permit, FetchResult outcome)
    {
        var departedAt = permit.At;
        var failure = outcome.Failure;
        NormalizedRows? response = null;
        TaskRunBlock? block = null;
        string? error = null;
        if (failure is null && normalizer.TryNormalize(number, departedAt, outcome.Body, out response, out error))
        {
            block = RowWindow.IsWindow(number) ? null : new(number, departedAt, response.Rows, permit.Grant.Time);
        }
        else
        {
            failure ??= new(NclueFailureKind.Unreadable, $"NCLUE's response cannot be read: {error}");
        }

        lock (sync)
        {
            var now = time.GetTimestamp();
            blocks.RemoveOlderThan(now - time.Ticks(cache.KeepFor));
            if (failure is { Kind: not NclueFailureKind.Unreadable })
            {
                if (!failure.HasOtherKey) // if the key has been replaced, the block is requested again without a delay
                {
                    backoff.Failed(failure, departedAt);
                }

                queue.Cancel(number);
                return new(null, null, failure);
            }

            backoff.Responded(departedAt);
            queue.Complete(number, failure);
            if (response is not null)
            {
                waits.ObserveLatency(time.GetElapsedTime(departedAt, now));
            }

            if (block is not null)
            {
                Store(block, now);
            }
        }

        return new(response, block, failure);
    }

    /// <summary>Stores a block of another replica, if a lookup has found one, and wakes the waiting readers.</summary>
    public void StoreShared(TaskRunBlock? block)
    {
        if (block is not null)
        {
            lock (sync)
            {
                Store(block, time.GetTimestamp());
                queue.Satisfied(block.Number);
            }
        }

        waits.SignalChange();
    }

    private void Store(TaskRunBlock block, long now)
    {
        blocks.Add(block, now);

        // An empty block proves only that the list ends before it. The block before it proves where the list ends.
        if (block is { Number: > 0, Rows.Count: 0 } && blocks.Extent.Length is null && blocks.Extent.BoundaryBlock == block.Number)
        {
            queue.RequestOnce(block.Number - 1);
        }
    }
}

/// <summary>The outcome of a request.</summary>
/// <param name="Response">The rows of the response; null without a readable one.</param>
/// <param name="Block">The block; null if the request was for a window, or failed.</param>
/// <param name="Failure">The failure; null without one.</param>
internal readonly record struct FetchedBlock(NormalizedRows? Response, TaskRunBlock? Block, NclueFailure? Failure);
