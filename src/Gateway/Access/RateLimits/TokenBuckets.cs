using System.Collections.Concurrent;

namespace NclueGateway.Access.RateLimits;

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

    /// <summary>The longest wait that <see cref="Charge"/> causes: neighbours behind one address share its bucket.</summary>
    public static readonly TimeSpan MostOwed = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = Second / perSecond;
    private readonly TimeSpan _capacity = Second / perSecond * burst;
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<TKey, Bucket> _buckets = new();
    private int _untilSweep = LeastBetweenSweeps;

    /// <summary>How many buckets are held.</summary>
    public int Count => _buckets.Count;

    /// <summary>Takes one request out of a bucket, if there is one in it.</summary>
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

            _buckets.TryRemove(new(key, bucket)); // whoever has let it go may not have come to it yet: nobody waits for that
        }
    }

    /// <summary>Null when the bucket is not held any more.</summary>
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

            if (bucket.TrySet(fullAt, next.Ticks)) // else somebody else has taken one since
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

        // Each sweep is paid for by as many new buckets as it had to look at.
        var left = _buckets.Count;
        if (left > MostBuckets / 2)
        {
            _buckets.Clear(); // everybody begins anew: better than to refuse strangers
            left = 0;
        }

        Volatile.Write(ref _untilSweep, Math.Max(LeastBetweenSweeps, left));
    }

    /// <summary>When it will be full, in ticks of <see cref="TimeSpan"/> since the start. Changed without a lock.</summary>
    private sealed class Bucket
    {
        /// <summary>It is not held any more: whoever has found it looks again.</summary>
        public const long LetGo = -1;

        private long _fullAt;

        public long FullAt => Volatile.Read(ref _fullAt);

        public bool TrySet(long from, long to) => Interlocked.CompareExchange(ref _fullAt, to, from) == from;
    }
}

/// <summary>What is in a bucket.</summary>
/// <param name="IsTaken">Whether the request was in it.</param>
/// <param name="Remaining">The requests that are left in it.</param>
/// <param name="Wait">After a request that was taken, when the bucket is full again; else when there will be one in it.</param>
internal readonly record struct RateLimitLease(bool IsTaken, int Remaining, TimeSpan Wait);
