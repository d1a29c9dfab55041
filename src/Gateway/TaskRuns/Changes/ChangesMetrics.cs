using System.Diagnostics.Metrics;
using NclueGateway.Hosting;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>Metrics of streams and polls for changes. No label identifies a caller or a run.</summary>
internal sealed class ChangesMetrics : IHostedService
{
    private const string ByCaller = "caller";

    private readonly Meter _meter;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _versions;
    private readonly Counter<long> _resets;
    private readonly Histogram<double> _detection;

    public ChangesMetrics(IMeterFactory meters)
    {
        _meter = meters.CreateGatewayMeter();
        _opened = _meter.CreateCounter<long>("nclue_gateway.streams.opened", "{stream}", "Event streams that were opened.");
        _ended = _meter.CreateCounter<long>(
            "nclue_gateway.streams.ended",
            "{stream}",
            "Event streams that ended, by reason: caller, time, drain, token, session, permission.");
        _versions = _meter.CreateCounter<long>(
            "nclue_gateway.changes.versions", "{version}", "Versions of the list that were sent to readers of changes.");
        _resets = _meter.CreateCounter<long>(
            "nclue_gateway.changes.resets",
            "{reset}",
            "Readers of changes that have to read the list again: events reset, and problems changes-expired.");
        _detection = _meter.CreateHistogram<double>(
            "nclue_gateway.changes.detection",
            "s",
            "Maximum age of new runs and changed states when the gateway found them: the time since the read that did not show them yet.");
    }

    /// <summary>
    /// Creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that creates a series. Not in the
    /// constructor: the exporter does not listen yet.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _opened.Add(0);
        _versions.Add(0);
        _resets.Add(0);
        foreach (var reason in Enum.GetValues<EndReason>().Select(NameOf).Append(ByCaller))
        {
            CountEnd(reason, 0);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Registers the gauges.</summary>
    /// <param name="open">Returns the number of open streams and waiting polls.</param>
    /// <param name="lag">Returns the longest time for which a reader has not looked for new versions.</param>
    public void Observe(Func<int> open, Func<TimeSpan> lag)
    {
        _meter.CreateObservableGauge("nclue_gateway.streams.open", open, "{stream}", "Event streams and waiting polls that are open.");
        _meter.CreateObservableGauge(
            "nclue_gateway.streams.lag",
            () => lag().TotalSeconds,
            "s",
            "Longest time for which the reader of a stream or a waiting poll has not looked for new versions.");
    }

    /// <summary>Counts an event stream that was opened.</summary>
    public void Opened() => _opened.Add(1);

    /// <summary>Counts the end of an event stream.</summary>
    /// <param name="reason">The reason; null if the caller or the network ended it.</param>
    /// <returns>The name of the reason.</returns>
    public string Ended(EndReason? reason)
    {
        var name = reason is { } planned ? NameOf(planned) : ByCaller;
        CountEnd(name, 1);
        return name;
    }

    /// <summary>Records that new runs or changed states were found.</summary>
    /// <param name="age">Maximum age of one of them.</param>
    public void Detected(TimeSpan age) => _detection.Record(age.TotalSeconds);

    /// <summary>Counts versions that were sent.</summary>
    public void Sent(int versions) => _versions.Add(versions);

    /// <summary>Counts a reset, or a 410 in place of it.</summary>
    public void Reset() => _resets.Add(1);

    private void CountEnd(string reason, int count) => _ended.Add(count, new KeyValuePair<string, object?>("reason", reason));

    private static string NameOf(EndReason reason) => reason.ToString().ToLowerInvariant();
}
