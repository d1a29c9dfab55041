using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Mirror.Refresh;

/// <summary>Metrics of the calls to the upstream, and of the state of the refresher.</summary>
internal sealed class RefreshMetrics
{
    private const string Stored = "stored";

    private static readonly FetchPriority[] Classes = [FetchPriority.Wait, FetchPriority.Overdue, FetchPriority.Due]; // of departures

    private readonly Meter _meter;
    private readonly Counter<long> _departures;
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _refreshes;

    public RefreshMetrics(IMeterFactory meters)
    {
        _meter = meters.CreateGatewayMeter();
        _departures = _meter.CreateCounter<long>(
            "nclue_gateway.departures", "{request}", "Requests that this replica has sent to NCLUE, by for whom: wait, overdue, due.");
        _wait = _meter.CreateHistogram<double>("nclue_gateway.pacer.wait", "s", "How long a reader's block waited for its departure.");
        _refreshes = _meter.CreateCounter<long>(
            "nclue_gateway.refreshes", "{request}", "Requests to NCLUE that have ended, by how: stored, or the kind of failure.");
    }

    /// <summary>Counts a departure.</summary>
    /// <param name="pick">The block that it is for.</param>
    /// <param name="waited">The time until its turn came.</param>
    public void Departed(ScheduledFetch pick, TimeSpan waited)
    {
        _departures.Add(1, Of(pick.Class));
        if (pick.Class == FetchPriority.Wait)
        {
            _wait.Record(waited.TotalSeconds);
        }
    }

    /// <summary>Counts a call that has ended.</summary>
    public void Refreshed(NclueFailure? failure) => _refreshes.Add(1, Outcome(failure is null ? Stored : Word(failure.Kind)));

    /// <summary>Reads the status of the refresher whenever metrics are read, and counts from 0 from now on.</summary>
    public void Observe(Func<RefresherStatus> status)
    {
        CountFromZero();
        _meter.CreateObservableGauge("nclue_gateway.queue.length", () => status().Waits, "{block}", "Blocks that readers wait for.");
        _meter.CreateObservableGauge("nclue_gateway.calls.in_flight", () => status().InFlight, "{request}", "Requests to NCLUE under way.");
        _meter.CreateObservableGauge(
            "nclue_gateway.pause.remaining",
            () => status().RemainingDelay.TotalSeconds,
            "s",
            "What is left of a pause or a back-off; 0 without one.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.held", () => status().Held, "{block}", "Blocks in memory.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.wanted", () => status().Wanted, "{block}", "Blocks that are kept fresh.");
        _meter.CreateObservableGauge(
            "nclue_gateway.grace.remaining",
            () => status().Grace is { } grace ? [new Measurement<double>(grace.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "How long until the oldest block that is kept fresh may not be answered any more (Cache:KeepFor). Absent without one.");
    }

    /// <summary>Creates all series: Prometheus misses the first event of a series that appears with it.</summary>
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
