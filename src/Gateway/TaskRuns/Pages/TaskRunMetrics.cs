using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Http;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>Metrics of reads. No label identifies a caller.</summary>
internal sealed class TaskRunMetrics : IHostedService
{
    private static readonly string[] CacheOutcomes =
        [.. Enum.GetValues<CacheOutcome>().Select(outcome => outcome.ToString().ToLowerInvariant())];

    // The problem types of failed reads.
    private static readonly ProblemType[] Refusals =
    [
        AccessProblems.CallerQuota, UpstreamProblems.UpstreamCredentials, UpstreamProblems.UpstreamMalformed,
        UpstreamProblems.UpstreamError, UpstreamProblems.UpstreamBusy, UpstreamProblems.UpstreamQuota,
        UpstreamProblems.UpstreamTimeout,
    ];

    private readonly Counter<long> _reads;
    private readonly Histogram<double> _age;

    public TaskRunMetrics(IMeterFactory meters)
    {
        var meter = meters.CreateGatewayMeter();
        _reads = meter.CreateCounter<long>(
            "nclue_gateway.reads", "{read}", "Reads by outcome: hit, miss, renewed, stale, or the slug of the problem.");
        _age = meter.CreateHistogram<double>("nclue_gateway.read.age", "s", "Age of the pages that were served.");
    }

    /// <summary>
    /// Creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that creates a series.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var outcome in CacheOutcomes.Concat(Refusals.Select(problem => problem.Slug)))
        {
            _reads.Add(0, Outcome(outcome));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Counts a read that was served.</summary>
    public void RecordRead(CacheOutcome outcome, TimeSpan age)
    {
        _reads.Add(1, Outcome(CacheOutcomes[(int)outcome]));
        _age.Record(age.TotalSeconds);
    }

    /// <summary>Counts a read that was refused.</summary>
    public void RecordRefusal(ProblemType problem) => _reads.Add(1, Outcome(problem.Slug));

    private static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);
}
