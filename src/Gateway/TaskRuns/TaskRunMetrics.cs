using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Nclue;
using NclueGateway.Nclue.Pacing;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.TaskRuns;

/// <summary>What is counted and measured of reads and refreshes. No label says who reads.</summary>
internal sealed class TaskRunMetrics
{
    private const string Stored = "stored";

    private static readonly string[] CacheOutcomes = [.. Enum.GetValues<CacheOutcome>().Select(outcome => outcome.ToString().ToLowerInvariant())];

    // Whom a departure is for, and what readers are sent away with.
    private static readonly BidClass[] Classes = [BidClass.Wait, BidClass.Overdue, BidClass.Due];
    private static readonly Problem[] Refusals =
    [
        Problems.CallerQuota, Problems.UpstreamCredentials, Problems.UpstreamMalformed, Problems.UpstreamError, Problems.UpstreamBusy,
        Problems.UpstreamQuota, Problems.UpstreamTimeout,
    ];

    private readonly Meter _meter;
    private readonly ConcurrentDictionary<string, StripedCount> _reads;
    private readonly StripedCount[] _answers; // by outcome
    private readonly Histogram<double> _age;
    private readonly Counter<long> _departures;
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _refreshes;

    public TaskRunMetrics(IMeterFactory meters)
    {
        _meter = meters.CreateGatewayMeter();
        _reads = new(CacheOutcomes.Concat(Refusals.Select(problem => problem.Slug)).Select(outcome => KeyValuePair.Create(outcome, new StripedCount())));
        _answers = [.. CacheOutcomes.Select(outcome => _reads[outcome])];
        _age = _meter.CreateHistogram<double>("nclue_gateway.read.age", "s", "How old what was served is.");
        _departures = _meter.CreateCounter<long>(
            "nclue_gateway.departures", "{request}", "Requests that this replica has sent to NCLUE, by for whom: wait, overdue, due.");
        _wait = _meter.CreateHistogram<double>("nclue_gateway.pacer.wait", "s", "How long a reader's block waited for its departure.");
        _refreshes = _meter.CreateCounter<long>(
            "nclue_gateway.refreshes", "{request}", "Requests to NCLUE that have ended, by how: stored, or the kind of failure.");
    }

    /// <summary>A reader was answered.</summary>
    public void Answered(CacheOutcome outcome, TimeSpan age)
    {
        _answers[(int)outcome].Add(1);
        _age.Record(age.TotalSeconds);
    }

    /// <summary>A reader was sent away.</summary>
    /// <param name="problem">One of <see cref="Refusals"/>, which are counted from 0; any other from its first.</param>
    public void Refused(Problem problem) => _reads.GetOrAdd(problem.Slug, static _ => new()).Add(1);

    /// <summary>A request departs.</summary>
    /// <param name="pick">What for.</param>
    /// <param name="waited">How long its turn took to come.</param>
    public void Departed(BlockPick pick, TimeSpan waited)
    {
        _departures.Add(1, Of(pick.Class));
        if (pick.Class == BidClass.Wait)
        {
            _wait.Record(waited.TotalSeconds);
        }
    }

    /// <summary>A request has ended.</summary>
    public void Refreshed(NclueFailure? failure) =>
        _refreshes.Add(1, Outcome(failure is null ? Stored : Word(failure.Kind)));

    /// <summary>Has the state of a refresher looked at whenever metrics are read. What is counted is there from now on.</summary>
    public void Observe(BlockRefresher refresher)
    {
        CountFromZero();
        _meter.CreateObservableCounter(
            "nclue_gateway.reads",
            () => _reads.Select(read => new Measurement<long>(read.Value.Total, Outcome(read.Key))),
            "{read}",
            "Reads by what came of them: hit, miss, renewed, stale, or the slug of the problem.");
        _meter.CreateObservableGauge("nclue_gateway.queue.length", () => refresher.Waits, "{block}", "Blocks that readers wait for.");
        _meter.CreateObservableGauge("nclue_gateway.calls.in_flight", () => refresher.InFlight, "{request}", "Requests to NCLUE under way.");
        _meter.CreateObservableGauge(
            "nclue_gateway.pause.remaining", () => refresher.Hold.TotalSeconds, "s", "What is left of a pause or a back-off; 0 without one.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.held", () => refresher.Held, "{block}", "Blocks in memory.");
        _meter.CreateObservableGauge("nclue_gateway.blocks.wanted", () => refresher.Wanted.Count, "{block}", "Blocks that are kept fresh.");
        _meter.CreateObservableGauge(
            "nclue_gateway.grace.remaining",
            () => refresher.Wanted.Grace is { } grace ? [new Measurement<double>(grace.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "How long until the oldest block that is kept fresh may not be answered any more (Cache:KeepFor). Absent without one.");
    }

    /// <summary>Prometheus sees how much a series has grown, not that it has appeared: of one that appears with its first event, it misses that event.</summary>
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

    private static KeyValuePair<string, object?> Of(BidClass departure) => new("class", departure.ToString().ToLowerInvariant());

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
