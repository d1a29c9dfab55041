using System.Collections.Concurrent;

namespace NclueGateway.Access.RateLimits;

/// <summary>
/// A token bucket for each key: it holds <paramref name="burst"/> requests and gains <paramref name="perSecond"/>. A bucket
/// is one number, the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371). A full bucket is
/// not stored.
/// </summary>
/// <param name="perSecond">At least 1.</param>
/// <param name="burst">At least 1.</param>
/// <param name="time">The clock; only its monotonic side is used.</param>
internal sealed class TokenBuckets<TKey>(int perSecond, int burst, TimeProvider time)
    where TKey : IEquatable<TKey>
{
    /// <summary>
    /// Maximum number of buckets. A client would need more requests than a replica can serve to keep so many buckets
    /// from filling up.
    /// </summary>
    public const int MostBuckets = 100_000;

    /// <summary>Minimum number of new buckets between two sweeps for full ones.</summary>
    public const int LeastBetweenSweeps = 1_000;

    /// <summary>Maximum wait that <see cref="Charge"/> causes: clients behind one address share its bucket.</summary>
    public static readonly TimeSpan MostOwed = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1) / perSecond;
    private readonly TimeSpan _capacity = TimeSpan.FromSeconds(1) / perSecond * burst;
    private readonly long _start = time.GetTimestamp();

    /// <summary>The times at which the buckets will be full again, in ticks of <see cref="TimeSpan"/> since the start.</summary>
    private readonly ConcurrentDictionary<TKey, long> _fullAt = new(); // which updates a long in place
    private int _untilSweep = LeastBetweenSweeps;

    /// <summary>Number of stored buckets.</summary>
    public int Count => _fullAt.Count;

    /// <summary>Takes one request out of a bucket, unless it is empty.</summary>
    public RateLimitLease TryAcquire(TKey key) => TryAcquire(key, _capacity);

    /// <summary>Takes one request out of a bucket, also out of an empty one: for requests whose cost is known only afterwards.</summary>
    public void Charge(TKey key) => TryAcquire(key, _capacity + MostOwed - _interval);

    /// <summary>Returns the time until there is a request in a bucket, zero when there is one. Takes nothing.</summary>
    public TimeSpan WaitFor(TKey key)
    {
        if (!_fullAt.TryGetValue(key, out var fullAt))
        {
            return TimeSpan.Zero;
        }

        var wait = TimeSpan.FromTicks(fullAt) + _interval - time.GetElapsedTime(_start) - _capacity;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private RateLimitLease TryAcquire(TKey key, TimeSpan mostMissing)
    {
        while (true)
        {
            var now = time.GetElapsedTime(_start);
            var isStored = _fullAt.TryGetValue(key, out var fullAt);
            var next = TimeSpan.FromTicks(Math.Max(fullAt, now.Ticks)) + _interval;
            var missing = next - now;
            if (missing > mostMissing)
            {
                return new(false, 0, missing - _capacity);
            }

            // Fails if another request or a sweep changed the bucket meanwhile: try again.
            if (isStored ? _fullAt.TryUpdate(key, next.Ticks, fullAt) : _fullAt.TryAdd(key, next.Ticks))
            {
                if (!isStored && Interlocked.Decrement(ref _untilSweep) == 0)
                {
                    Sweep(now);
                }

                return new(true, (int)((_capacity - missing) / _interval), missing);
            }
        }
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var bucket in _fullAt.Where(bucket => bucket.Value <= now.Ticks))
        {
            _fullAt.TryRemove(bucket); // unless it was used meanwhile
        }

        // The next sweep follows after at least as many new buckets as this sweep has left.
        var left = _fullAt.Count;
        if (left > MostBuckets / 2)
        {
            _fullAt.Clear(); // all callers start with a full bucket: better than to refuse new callers
            left = 0;
        }

        Volatile.Write(ref _untilSweep, Math.Max(LeastBetweenSweeps, left));
    }
}

/// <summary>Result of taking a request out of a bucket.</summary>
/// <param name="IsTaken">True if the bucket held a request.</param>
/// <param name="Remaining">Number of requests that are left in the bucket.</param>
/// <param name="Wait">If taken, the time until the bucket is full; else the time until it holds a request.</param>
internal readonly record struct RateLimitLease(bool IsTaken, int Remaining, TimeSpan Wait);
