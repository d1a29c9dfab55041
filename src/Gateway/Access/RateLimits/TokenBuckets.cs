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
    /// <summary>Maximum number of buckets. Keeping that many from filling takes more requests than a replica can serve.</summary>
    public const int MostBuckets = 100_000;

    /// <summary>Minimum number of new buckets between two sweeps for full ones.</summary>
    public const int LeastBetweenSweeps = 1_000;

    /// <summary>Maximum wait that <see cref="Charge"/> causes: clients behind one address share its bucket.</summary>
    public static readonly TimeSpan MostOwed = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = Second / perSecond;
    private readonly TimeSpan _capacity = Second / perSecond * burst;
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<TKey, Bucket> _buckets = new();
    private int _untilSweep = LeastBetweenSweeps;

    /// <summary>Number of stored buckets.</summary>
    public int Count => _buckets.Count;

    /// <summary>Takes one request out of a bucket, unless it is empty.</summary>
    public RateLimitLease TryAcquire(TKey key) => TryAcquire(key, mayOwe: false);

    /// <summary>Takes one request out of a bucket, also out of an empty one: for requests whose cost is known only afterwards.</summary>
    public void Charge(TKey key) => TryAcquire(key, mayOwe: true);

    /// <summary>Returns the time until there is a request in a bucket, zero when there is one. Takes nothing.</summary>
    public TimeSpan WaitFor(TKey key)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            return TimeSpan.Zero;
        }

        var wait = TimeSpan.FromTicks(bucket.FullAt) + _interval - time.GetElapsedTime(_start) - _capacity;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private RateLimitLease TryAcquire(TKey key, bool mayOwe)
    {
        while (true)
        {
            var now = time.GetElapsedTime(_start);
            var isNew = false;
            if (!_buckets.TryGetValue(key, out var bucket))
            {
                bucket = _buckets.GetOrAdd(key, new Bucket());
                isNew = Interlocked.Decrement(ref _untilSweep) == 0;
            }

            var level = TryAcquire(bucket, now, mayOwe);
            if (isNew)
            {
                Sweep(now);
            }

            if (level is { } taken)
            {
                return taken;
            }

            _buckets.TryRemove(new(key, bucket)); // the sweep may have marked it and not removed it yet: do not wait for that
        }
    }

    /// <summary>Takes one request out of a bucket; returns null when the bucket has been removed.</summary>
    private RateLimitLease? TryAcquire(Bucket bucket, TimeSpan now, bool mayOwe)
    {
        while (true)
        {
            var fullAt = bucket.FullAt;
            if (fullAt == Bucket.LetGo)
            {
                return null;
            }

            var next = (fullAt > now.Ticks ? TimeSpan.FromTicks(fullAt) : now) + _interval;
            var missing = next - now;
            if (missing > _capacity + (mayOwe ? MostOwed - _interval : TimeSpan.Zero))
            {
                return new(false, 0, missing - _capacity);
            }

            if (bucket.TrySet(fullAt, next.Ticks)) // fails if another request took one meanwhile: try again
            {
                return new(true, (int)((_capacity - missing) / _interval), missing);
            }
        }
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.FullAt is var fullAt && fullAt <= now.Ticks && bucket.TrySet(fullAt, Bucket.LetGo))
            {
                _buckets.TryRemove(new(key, bucket));
            }
        }

        // The next sweep comes after at least as many new buckets as are left to look at.
        var left = _buckets.Count;
        if (left > MostBuckets / 2)
        {
            _buckets.Clear(); // all callers start with a full bucket: better than to refuse new callers
            left = 0;
        }

        Volatile.Write(ref _untilSweep, Math.Max(LeastBetweenSweeps, left));
    }

    /// <summary>Time at which the bucket is full, in ticks of <see cref="TimeSpan"/> since the start. Changed without a lock.</summary>
    private sealed class Bucket
    {
        /// <summary>Marks a removed bucket: a request that has found it looks the key up again.</summary>
        public const long LetGo = -1;

        private long _fullAt;

        public long FullAt => Volatile.Read(ref _fullAt);

        public bool TrySet(long from, long to) => Interlocked.CompareExchange(ref _fullAt, to, from) == from;
    }
}

/// <summary>Result of taking a request out of a bucket.</summary>
/// <param name="IsTaken">True if the bucket held a request.</param>
/// <param name="Remaining">Number of requests that are left in the bucket.</param>
/// <param name="Wait">If taken, the time until the bucket is full; else the time until it holds a request.</param>
internal readonly record struct RateLimitLease(bool IsTaken, int Remaining, TimeSpan Wait);
