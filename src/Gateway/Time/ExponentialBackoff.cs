namespace NclueGateway.Time;

/// <summary>
/// A delay that doubles with each consecutive failure, up to a maximum, and starts over after a success.
/// </summary>
/// <remarks>
/// Calls overlap: one that started before the current delay began carries no new information, so it neither doubles the delay nor ends it.
/// A delay that has begun never gets shorter.
/// </remarks>
/// <param name="first">The first delay.</param>
/// <param name="longest">The maximum delay.</param>
/// <param name="jitter">Maximum share of a delay, 0 to 1, that is subtracted at random so that replicas do not retry together.</param>
/// <param name="random">The source of the jitter.</param>
internal sealed class ExponentialBackoff(TimeProvider time, TimeSpan first, TimeSpan longest, double jitter = 0, Random? random = null)
{
    /// <summary>Maximum delay that an upstream can request with <c>Retry-After</c>.</summary>
    public static readonly TimeSpan LongestAskedFor = TimeSpan.FromMinutes(15);

    private int _failures;
    private long _began = long.MinValue;
    private long _until = long.MinValue;

    /// <summary>The remaining delay; zero if there is none.</summary>
    public TimeSpan Left => LeftAt(time.GetTimestamp());

    /// <summary>Returns the remaining delay at a timestamp; zero if there is none.</summary>
    public TimeSpan LeftAt(long now) => _until > now ? time.GetElapsedTime(now, _until) : TimeSpan.Zero;

    /// <summary>Records a failed call.</summary>
    /// <param name="departedAt">The timestamp at which the call was sent.</param>
    /// <param name="askedFor">The delay that the upstream requested; it applies if it is longer.</param>
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

        // Timers truncate to whole milliseconds: without rounding up, a waiter would wake too early, again and again.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _until = Math.Max(_until, now + time.Ticks(wait));
    }

    /// <summary>Ends the delay, because the cause of the failures is gone.</summary>
    public void Reset() => (_failures, _began, _until) = (0, time.GetTimestamp(), long.MinValue);

    /// <summary>Records a successful call.</summary>
    public void Succeeded(long departedAt)
    {
        if (departedAt >= _began)
        {
            _failures = 0;
        }
    }
}
