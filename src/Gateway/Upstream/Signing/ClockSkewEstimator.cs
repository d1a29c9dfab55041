using NclueGateway.Hosting;
namespace NclueGateway.Upstream.Signing;

/// <summary>
/// How far this machine's clock is from NCP's, learned from the <c>Date</c> of its answers (RFC 9110, section 6.6.1), refusals included.
/// It is for signatures alone: NCP refuses those that are 5 minutes off. Whether a token is valid is judged by this machine's own clock,
/// which no upstream may move.
/// </summary>
/// <remarks>
/// <c>Date</c> has whole seconds, and a proxy or a farm may have clocks of their own: only three answers that agree teach anything. What was
/// learned is forgotten when this machine's clock is set or the machine was suspended: then nobody knows any more.
/// </remarks>
[LogCategory("NclueGateway.Nclue.UpstreamClock")]
internal sealed partial class ClockSkewEstimator(TimeProvider time, ILogger<ClockSkewEstimator> log)
{
    /// <summary>From here on signatures are corrected, and operators are told.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    /// <summary>A clock that is further off is not corrected: something else is wrong, and signing any time that somebody names would be too.</summary>
    public static readonly TimeSpan MostCorrected = TimeSpan.FromMinutes(15);

    private const int Agreeing = 3;
    private static readonly TimeSpan LongestRoundTrip = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Agreement = TimeSpan.FromSeconds(3); // each is up to 0.5 s + half a round trip off
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<TimeSpan> _measured = new(Agreeing);
    private TimeSpan? _skew;
    private bool _isTold;
    private DateTimeOffset _wall;
    private long _monotonic;

    /// <summary>What the last answer showed, positive when this machine is ahead; null before the first, or after the clock was set.</summary>
    public TimeSpan? Measured => Read(() => _measured.Count > 0 ? _measured.Last() : null);

    /// <summary>What three answers agreed on, positive when this machine is ahead; null while that is not known.</summary>
    public TimeSpan? Skew => Read(() => _skew);

    /// <summary>Whether this machine's clock is so far off that somebody should set it.</summary>
    public bool IsOff => Skew?.Duration() > Tolerance;

    /// <summary>The time to sign with: this machine's, corrected when it is known to be 1 to 15 minutes off.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var skew = Skew;
            var now = time.GetUtcNow();
            return skew?.Duration() is { } off && off > Tolerance && off <= MostCorrected ? now - skew.Value : now;
        }
    }

    /// <summary>An answer has arrived just now.</summary>
    /// <param name="date">Its <c>Date</c>.</param>
    /// <param name="sentAt">The timestamp of its request. A round trip of 2 s or more teaches nothing.</param>
    public void Learn(DateTimeOffset date, long sentAt)
    {
        lock (_lock)
        {
            CheckSkew();
            var roundTrip = time.GetElapsedTime(sentAt);
            if (roundTrip >= LongestRoundTrip)
            {
                return;
            }

            if (_measured.Count == Agreeing)
            {
                _measured.Dequeue();
            }

            // The server wrote the second it was in, somewhere between the request and now.
            _measured.Enqueue(time.GetUtcNow() - (roundTrip / 2) - date.AddSeconds(0.5));
            if (_measured.Count == Agreeing && _measured.Max() - _measured.Min() <= Agreement)
            {
                _skew = _measured.Order().ElementAt(Agreeing / 2);
                ReportSkew(_skew.Value);
            }
        }
    }

    private TimeSpan? Read(Func<TimeSpan?> read)
    {
        lock (_lock)
        {
            CheckSkew();
            return read();
        }
    }

    /// <summary>Notices that this machine's clock was set, or that the machine was suspended.</summary>
    private void CheckSkew()
    {
        var (wall, monotonic) = (time.GetUtcNow(), time.GetTimestamp());
        if ((wall - _wall - time.GetElapsedTime(_monotonic, monotonic)).Duration() > Step)
        {
            _measured.Clear();
            _skew = null;
        }

        (_wall, _monotonic) = (wall, monotonic);
    }

    private void ReportSkew(TimeSpan skew)
    {
        var isOff = skew.Duration() > Tolerance;
        if (isOff && !_isTold)
        {
            LogOff(log, skew.TotalSeconds, skew.Duration() <= MostCorrected ? "Signatures are corrected" : "That is too much to correct");
        }
        else if (!isOff && _isTold)
        {
            LogRight(log, skew.TotalSeconds);
        }

        _isTold = isOff;
    }

    [LoggerMessage(LogLevel.Warning, "This machine's clock is {Skew:0.0} s ahead of NCP's (behind it, when negative). {Consequence}; tokens are judged by it as it is. Set it right.")]
    private static partial void LogOff(ILogger logger, double skew, string consequence);

    [LoggerMessage(LogLevel.Information, "This machine's clock agrees with NCP's again (it is {Skew:0.0} s ahead).")]
    private static partial void LogRight(ILogger logger, double skew);
}
