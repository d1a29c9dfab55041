using NclueGateway.Upstream;

namespace NclueGateway.Mirror.Refresh;

/// <summary>The state of the refresher at one moment, for metrics, health checks and the status of the gateway.</summary>
/// <param name="Failure">The failure that prevents requests to the upstream; null without one.</param>
/// <param name="RemainingDelay">
/// Remaining time of a pause or a back-off, in which nothing departs; zero without one.
/// </param>
/// <param name="InFlight">Number of requests in flight: 0 to 3.</param>
/// <param name="Waits">Number of blocks that callers wait for; a block that two callers wait for counts twice.</param>
/// <param name="Held">Number of blocks in memory.</param>
/// <param name="Wanted">Number of blocks that are kept fresh.</param>
/// <param name="Grace">
/// Time for which the oldest block that is kept fresh may still be served; null without one.
/// </param>
internal sealed record RefresherStatus(
    NclueFailure? Failure, TimeSpan RemainingDelay, int InFlight, int Waits, int Held, int Wanted, TimeSpan? Grace);
