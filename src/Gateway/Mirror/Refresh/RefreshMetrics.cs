using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Metrics of requests to the upstream, and of the state of the refresher.</summary>
internal sealed class RefreshMetrics
{
    private const string Stored = "stored";

    // The priorities with which a request may depart.
    private static readonly FetchPriority[] Classes =
        [FetchPriority.Wait, FetchPriority.Overdue, FetchPriority.Due, FetchPriority.Background];

    private readonly Meter _meter;
    private readonly Counter<long> _departures;
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _refreshes;

    public RefreshMetrics(IMeterFactory meters)
    {
        _meter = meters.CreateGatewayMeter();
        _departures = _meter.CreateCounter<long>(
            "nclue_gateway.departures",
            "{request}",
            "Requests that this replica has sent to NCLUE, by priority: wait, overdue, due, background.");
        _wait = _meter.CreateHistogram<double>(
            "nclue_gateway.pacer.wait", "s", "Time that a reader's block waited until its request departed.");
        _refreshes = _meter.CreateCounter<long>(
            "nclue_gateway.refreshes", "{request}", "Requests to NCLUE that have ended, by outcome: stored, or the kind of failure.");
    }

    /// <summary>Counts a request that departs.</summary>
    /// <param name="pick">The block that it fetches.</param>
    /// <param name="waited">Time that the block waited for its turn.</param>
    public void Departed(ScheduledFetch pick, TimeSpan waited)
    {
        _departures.Add(1, Of(pick.Class));
        if (pick.Class == FetchPriority.Wait)
        {
            _wait.Record(waited.TotalSeconds);
        }
    }

    /// <summary>Counts a request that has ended.</summary>
    public void Refreshed(NclueFailure? failure) => _refreshes.Add(1, Outcome(failure is null ? Stored : Word(failure.Kind)));

    /// <summary>
    /// Registers the gauges, which read the status of the refresher, and creates the series of all counters at 0.
    /// </summary>
    public void Observe(Func<RefresherStatus> status)
    {
        CountFromZero();
        _meter.CreateObservableGauge("nclue_gateway.queue.length", () => status().Waits, "{block}", "Blocks that readers wait for.");
        _meter.CreateObservableGauge("nclue_gateway.calls.in_flight", () => status().InFlight, "{request}", "Requests to NCLUE under way.");
        _meter.CreateObservableGauge(
            "nclue_gateway.pause.remaining",
            () => status().RemainingDelay.TotalSeconds,
            "s",
            "Remaining time of a pause or a back-off; 0 without one.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.held", () => status().Held, "{block}", "Blocks in memory.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.wanted", () => status().Wanted, "{block}", "Blocks that are kept fresh.");
        _meter.CreateObservableGauge(
            "nclue_gateway.grace.remaining",
            () => status().Grace is { } grace ? [new Measurement<double>(grace.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "Time until the oldest block that is kept fresh may no longer be served (Cache:KeepFor). Absent without one.");
    }

    /// <summary>
    /// Creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that creates a series.
    /// </summary>
    private void CountFromZero()
    {
        foreach (var departure in Classes)
        {
            _departures.Add(0, Of(departure));
        }

        foreach (var outcome in Enum.GetValues<NclueFailureKind>().Select(Word).Prepend(Stored))
        {
            _refreshes.Add(0, Outcome(outcome));
        }
    }

    private static KeyValuePair<string, object?> Of(FetchPriority departure) => new("class", departure.ToString().ToLowerInvariant());

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    private static string Word(NclueFailureKind kind) => kind switch
    {
        NclueFailureKind.CredentialsRefused => "credentials_refused",
        NclueFailureKind.QuotaExceeded => "quota_exceeded",
        NclueFailureKind.TimedOut => "timed_out",
        NclueFailureKind.ServerError => "server_error",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
