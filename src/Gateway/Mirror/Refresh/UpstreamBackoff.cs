using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Whether the upstream may be asked, by how the last calls went. There is no other retry anywhere: what was not answered is asked for
/// again when its turn comes, with a departure, a timestamp and a signature of its own.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="random">Where the jitter comes from.</param>
internal sealed class UpstreamBackoff(IUpstreamCoordinator pacer, TimeProvider time, Random random)
{
    private readonly ExponentialBackoff _unreachable = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), jitter: 0.2, random);
    private readonly ExponentialBackoff _refused = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), jitter: 0.2, random);
    private readonly ExponentialBackoff _throttled = new(time, ThrottlePolicy.Throttled.First, ThrottlePolicy.Throttled.Longest);
    private readonly ExponentialBackoff _quota = new(time, ThrottlePolicy.Exceeded.First, ThrottlePolicy.Exceeded.Longest);

    private NclueFailure? _failure;
    private long _failedAt = long.MinValue;
    private TimeSpan _wait;

    /// <summary>The failure that keeps the gateway from asking, or will until the next call has gone well; null while all is well.</summary>
    /// <param name="isAsking">Whether a call is under way, which may fail as the last one did.</param>
    public NclueFailure? CurrentFailure(bool isAsking) =>
        _failure is not null && (isAsking || !HasLapsed) ? _failure
        : pacer.Pause is { } pause ? OfOthers(NclueFailure.KindOf(pause.Rule))
        : null;

    /// <summary>A call departs. When the last failure had lapsed by then, it says nothing of this call.</summary>
    public void Departed() => _failure = HasLapsed ? null : _failure;

    /// <summary>How long nothing departs; zero when nothing is in the way.</summary>
    public TimeSpan RemainingDelay => new(new[]
    {
        _unreachable.Left, _refused.Left, _throttled.Left, _quota.Left, pacer.Pause?.Left ?? TimeSpan.Zero,
    }.Max(left => left.Ticks));

    /// <summary>A call failed in a way that says something about all calls.</summary>
    public void Failed(NclueFailure failure, long departedAt)
    {
        Wait(failure.Kind).Failed(departedAt, failure.RetryAfter);
        _failure = failure;
        _failedAt = time.GetTimestamp();
        _wait = RemainingDelay;
    }

    /// <summary>The upstream gave an answer, readable or not. One that departed before a failure does not disprove it.</summary>
    public void Answered(long departedAt)
    {
        if (departedAt >= _failedAt)
        {
            _failure = null;
        }

        foreach (var wait in new[] { _unreachable, _refused, _throttled, _quota })
        {
            wait.Succeeded(departedAt);
        }
    }

    /// <summary>The key that was refused is not in use any more.</summary>
    public void ForgetRefusals()
    {
        _refused.Reset();
        if (_failure?.Kind == NclueFailureKind.CredentialsRefused)
        {
            _failure = null;
        }
    }

    /// <summary>While a failure lasts, the next attempt departs within two intervals of the end of its wait, if a block is to be requested.</summary>
    private bool HasLapsed => time.GetElapsedTime(_failedAt) >= _wait + (2 * pacer.Interval);

    /// <summary>What another replica was told.</summary>
    private static NclueFailure OfOthers(NclueFailureKind kind) => new(kind, kind == NclueFailureKind.QuotaExceeded
        ? "The quota of the NCP account is used up (another replica was told)."
        : "NCP throttles the account (another replica was told): something else may use it too.");

    private ExponentialBackoff Wait(NclueFailureKind kind) => kind switch
    {
        NclueFailureKind.CredentialsRefused => _refused,
        NclueFailureKind.Throttled => _throttled,
        NclueFailureKind.QuotaExceeded => _quota,
        _ => _unreachable,
    };
}
