using NclueGateway.Hosting;
namespace NclueGateway.Upstream.Signing;

/// <summary>
/// Estimates the skew of this machine's clock from NCP's, by the <c>Date</c> of its responses, refusals included (RFC
/// 9110 §6.6.1). Only signatures use it: NCP refuses those that are 5 minutes off. Tokens are validated by this
/// machine's own clock, which an upstream must not influence.
/// </summary>
/// <remarks>
/// <c>Date</c> has whole seconds, and proxies or servers of a farm may have different clocks. So a skew is known only once three responses
/// agree. It is discarded when this machine's clock is set or the machine was suspended.
/// </remarks>
[LogCategory("NclueGateway.Nclue.UpstreamClock")]
internal sealed partial class ClockSkewEstimator(TimeProvider time, ILogger<ClockSkewEstimator> log)
{
    /// <summary>Skew above which signatures are corrected and operators are warned.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Maximum skew that is corrected. A larger one has another cause, and correcting it would let an upstream choose the signed time.
    /// </summary>
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

    /// <summary>
    /// Skew by the last response, positive when this machine is ahead; null before the first, or after the clock was set.
    /// </summary>
    public TimeSpan? Measured => Read(() => _measured.Count > 0 ? _measured.Last() : null);

    /// <summary>Skew on which three responses agreed, positive when this machine is ahead; null while it is unknown.</summary>
    public TimeSpan? Skew => Read(() => _skew);

    /// <summary>True if this machine's clock is so far off that an operator should correct it.</summary>
    public bool IsOff => Skew?.Duration() > Tolerance;

    /// <summary>
    /// Time for signatures: this machine's time, corrected if its skew is known to be 1 to 15 minutes.
    /// </summary>
    public DateTimeOffset Now
    {
        get
        {
            var skew = Skew;
            var now = time.GetUtcNow();
            return skew?.Duration() is { } off && off > Tolerance && off <= MostCorrected ? now - skew.Value : now;
        }
    }

    /// <summary>Records the <c>Date</c> of a response that has just been received.</summary>
    /// <param name="date">The <c>Date</c> of the response.</param>
    /// <param name="sentAt">The timestamp of its request. A round trip of 2 s or more is ignored.</param>
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

            // The server wrote its current second at some time between the request and now.
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

    /// <summary>Discards the measurements when this machine's clock was set or the machine was suspended.</summary>
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
            var isCorrected = skew.Duration() <= MostCorrected;
            LogOff(log, skew.TotalSeconds, isCorrected ? "Signatures are corrected" : "The difference is too large to correct");
        }
        else if (!isOff && _isTold)
        {
            LogRight(log, skew.TotalSeconds);
        }

        _isTold = isOff;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "This machine's clock is {Skew:0.0} s ahead of NCP's (negative: behind). {Consequence}. "
        + "Tokens are validated by the uncorrected clock. Set this machine's clock.")]
    private static partial void LogOff(ILogger logger, double skew, string consequence);

    [LoggerMessage(LogLevel.Information, "This machine's clock agrees with NCP's again (it is {Skew:0.0} s ahead).")]
    private static partial void LogRight(ILogger logger, double skew);
}
