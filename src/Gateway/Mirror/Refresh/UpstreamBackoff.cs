using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>
/// Delays requests to the upstream after failures. The gateway has no other retry: a block whose request failed is
/// requested again when its turn comes, with a new permit, timestamp and signature.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="random">Source of the jitter.</param>
internal sealed class UpstreamBackoff(IUpstreamCoordinator coordinator, TimeProvider time, Random random)
{
    private readonly ExponentialBackoff _unreachable = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), jitter: 0.2, random);
    private readonly ExponentialBackoff _refused = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), jitter: 0.2, random);
    private readonly ExponentialBackoff _throttled = new(time, ThrottlePolicy.Throttled.First, ThrottlePolicy.Throttled.Longest);
    private readonly ExponentialBackoff _quota = new(time, ThrottlePolicy.Exceeded.First, ThrottlePolicy.Exceeded.Longest);

    private NclueFailure? _failure;
    private long _failedAt = long.MinValue;
    private TimeSpan _wait;

    /// <summary>
    /// Returns the current failure: it ends when its delay is over, or when a later request succeeds. Null without one.
    /// </summary>
    /// <param name="isInFlight">True if a request is in flight: until it ends, the last failure stays current.</param>
    public NclueFailure? CurrentFailure(bool isInFlight) =>
        _failure is not null && (isInFlight || !HasLapsed) ? _failure
        : coordinator.Pause is { } pause ? FailureElsewhere(NclueFailure.KindOf(pause.Rule))
        : null;

    /// <summary>Records that a request departs, and forgets a failure that is no longer current.</summary>
    public void Departed() => _failure = HasLapsed ? null : _failure;

    /// <summary>Time until the next request may depart; zero when nothing delays it.</summary>
    public TimeSpan RemainingDelay => new(new[]
    {
        _unreachable.Left, _refused.Left, _throttled.Left, _quota.Left, coordinator.Pause?.Left ?? TimeSpan.Zero,
    }.Max(left => left.Ticks));

    /// <summary>Records a failure that concerns all requests, not one block alone.</summary>
    public void Failed(NclueFailure failure, long departedAt)
    {
        Wait(failure.Kind).Failed(departedAt, failure.RetryAfter);
        _failure = failure;
        _failedAt = time.GetTimestamp();
        _wait = RemainingDelay;
    }

    /// <summary>
    /// Records a response of the upstream, readable or not. If its request departed before a failure, it does not end
    /// that failure.
    /// </summary>
    public void Responded(long departedAt)
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

    /// <summary>Forgets that credentials were refused, because the refused key is no longer in use.</summary>
    public void ForgetRefusals()
    {
        _refused.Reset();
        if (_failure?.Kind == NclueFailureKind.CredentialsRefused)
        {
            _failure = null;
        }
    }

    /// <summary>
    /// True if the delay of the last failure ended two intervals ago or earlier. The next attempt departs within that
    /// time if any block is to be requested.
    /// </summary>
    private bool HasLapsed => time.GetElapsedTime(_failedAt) >= _wait + (2 * coordinator.Interval);

    /// <summary>Returns the failure that another replica has reported.</summary>
    private static NclueFailure FailureElsewhere(NclueFailureKind kind) => new(kind, kind == NclueFailureKind.QuotaExceeded
        ? "The quota of the NCP account is used up (reported by another replica)."
        : "NCP throttles the account (reported by another replica): another program may use it too.");

    private ExponentialBackoff Wait(NclueFailureKind kind) => kind switch
    {
        NclueFailureKind.CredentialsRefused => _refused,
        NclueFailureKind.Throttled => _throttled,
        NclueFailureKind.QuotaExceeded => _quota,
        _ => _unreachable,
    };
}
