namespace NclueGateway.Time;

/// <summary>
/// A wait that doubles with each further failure, up to a longest one, and starts anew after a success.
/// </summary>
/// <remarks>
/// Calls overlap: those that had departed before the wait began say nothing new, so they neither double it nor end it.
/// A wait that has begun never gets shorter.
/// </remarks>
/// <param name="first">The first wait.</param>
/// <param name="longest">The wait is doubled up to this one.</param>
/// <param name="jitter">The share of a wait, 0 to 1, that may be taken off at random so that replicas do not come back together.</param>
/// <param name="random">Where that comes from.</param>
internal sealed class ExponentialBackoff(TimeProvider time, TimeSpan first, TimeSpan longest, double jitter = 0, Random? random = null)
{
    /// <summary>No wait that an upstream asks for with <c>Retry-After</c> is longer than this.</summary>
    public static readonly TimeSpan LongestAskedFor = TimeSpan.FromMinutes(15);

    private int _failures;
    private long _began = long.MinValue;
    private long _until = long.MinValue;

    /// <summary>What is left of the wait; zero when there is none.</summary>
    public TimeSpan Left => LeftAt(time.GetTimestamp());

    /// <summary>What is left of the wait at a timestamp; zero when there is none.</summary>
    public TimeSpan LeftAt(long now) => _until > now ? time.GetElapsedTime(now, _until) : TimeSpan.Zero;

    /// <summary>A call failed.</summary>
    /// <param name="departedAt">The timestamp of its departure.</param>
    /// <param name="askedFor">What the upstream asked for; counts when it is longer.</param>
    public void Failed(long departedAt, TimeSpan? askedFor = null)
    {
        var now = time.GetTimestamp();
        var wait = TimeSpan.Zero;
        if (departedAt >= _began)
        {
            wait = first * Math.Pow(2, Math.Min(_failures, 30));
            wait = (wait < longest ? wait : longest) * (1 - (jitter * (random ?? Random.Shared).NextDouble()));
            _failures++;
            _began = now;
        }

        if (askedFor > wait)
        {
            wait = askedFor.Value < LongestAskedFor ? askedFor.Value : LongestAskedFor;
        }

        // Timers count whole milliseconds and cut off the rest: whoever waits would look up too early, and again and again.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _until = Math.Max(_until, now + time.Ticks(wait));
    }

    /// <summary>What made the calls fail is gone.</summary>
    public void Reset() => (_failures, _began, _until) = (0, time.GetTimestamp(), long.MinValue);

    /// <summary>A call succeeded.</summary>
    public void Succeeded(long departedAt)
    {
        if (departedAt >= _began)
        {
            _failures = 0;
        }
    }
}
