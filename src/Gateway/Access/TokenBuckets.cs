using System.Collections.Concurrent;

namespace NclueGateway.Access;

/// <summary>
/// A token bucket for each key: it holds <paramref name="burst"/> requests and gains <paramref name="perSecond"/>. A bucket is one number,
/// the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371), and a full one is not held at all.
/// </summary>
/// <param name="perSecond">At least 1.</param>
/// <param name="burst">At least 1.</param>
/// <param name="time">The clock; only its monotonic side is used.</param>
internal sealed class TokenBuckets<TKey>(int perSecond, int burst, TimeProvider time)
    where TKey : IEquatable<TKey>
{
    /// <summary>The most buckets. To keep so many from being full takes more requests than a replica can answer.</summary>
    public const int MostBuckets = 100_000;

    /// <summary>How many new buckets there are between two looks for full ones, at least.</summary>
    public const int LeastBetweenSweeps = 1_000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = Second / perSecond;
    private readonly TimeSpan _capacity = Second / perSecond * burst;
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<TKey, TimeSpan> _fullAt = new();
    private int _untilSweep = LeastBetweenSweeps;

    /// <summary>How many buckets are held.</summary>
    public int Count => _fullAt.Count;

    /// <summary>Takes one request out of a bucket, if there is one in it.</summary>
    public BucketLevel Take(TKey key)
    {
        while (true)
        {
            var now = time.GetElapsedTime(_start);
            var isHeld = _fullAt.TryGetValue(key, out var fullAt);
            var next = (fullAt > now ? fullAt : now) + _interval;
            var missing = next - now;
            if (missing > _capacity)
            {
                return new(false, 0, missing - _capacity);
            }

            // Somebody else may have taken one, or found it full, since it was looked at.
            if (isHeld ? _fullAt.TryUpdate(key, next, fullAt) : _fullAt.TryAdd(key, next))
            {
                if (!isHeld && Interlocked.Decrement(ref _untilSweep) == 0)
                {
                    Sweep(now);
                }

                return new(true, (int)((_capacity - missing) / _interval), missing);
            }
        }
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var bucket in _fullAt.Where(bucket => bucket.Value <= now))
        {
            _fullAt.TryRemove(bucket);
        }

        // Each sweep is paid for by as many new buckets as it had to look at.
        var left = _fullAt.Count;
        if (left > MostBuckets / 2)
        {
            _fullAt.Clear(); // everybody begins anew: better than to refuse strangers
            left = 0;
        }

        Volatile.Write(ref _untilSweep, Math.Max(LeastBetweenSweeps, left));
    }
}

/// <summary>What is in a bucket.</summary>
/// <param name="IsTaken">Whether the request was in it.</param>
/// <param name="Remaining">The requests that are left in it.</param>
/// <param name="Wait">After a request that was taken, when the bucket is full again; else when there will be one in it.</param>
internal readonly record struct BucketLevel(bool IsTaken, int Remaining, TimeSpan Wait);
