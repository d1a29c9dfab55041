using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Http;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Metrics of queries. No label identifies a caller or a run.</summary>
internal sealed class QueryMetrics : IHostedService
{
    private static readonly string[] Operations =
        [.. Enum.GetValues<QueryOperation>().Select(operation => operation.ToString().ToLowerInvariant())];

    // The problem types of refused queries.
    private static readonly ProblemType[] Refusals =
    [
        HttpProblems.InvalidRequest, HttpProblems.NotFound, SnapshotProblems.CursorExpired, SnapshotProblems.ChangesExpired,
        SnapshotProblems.ListTooLarge, SnapshotProblems.ListIncomplete, SnapshotProblems.StreamsExhausted, AccessProblems.CallerQuota,
        UpstreamProblems.UpstreamCredentials, UpstreamProblems.UpstreamMalformed, UpstreamProblems.UpstreamError,
        UpstreamProblems.UpstreamBusy, UpstreamProblems.UpstreamQuota, UpstreamProblems.UpstreamTimeout,
    ];

    private readonly Counter<long> _queries;
    private readonly Counter<long> _partial;
    private readonly Histogram<double> _age;
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _time;

    public QueryMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.CreateGatewayMeter();
        _queries = meter.CreateCounter<long>(
            "nclue_gateway.queries",
            "{query}",
            "Queries on the whole list by operation (list, run, summary, changes, console) and outcome: hit, renewed, stale, or the "
            + "slug of the problem.");
        _partial = meter.CreateCounter<long>(
            "nclue_gateway.queries.partial", "{query}", "Queries that were served from a list that is not complete, by operation.");
        _age = meter.CreateHistogram<double>("nclue_gateway.query.age", "s", "Age of the versions of the list that were served.");
        _duration = meter.CreateHistogram<double>(
            "nclue_gateway.query.duration",
            "s",
            "Time to find the response to a query, by operation (list, run, summary), including the wait for a newer version.");
    }

    /// <summary>
    /// Creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that creates a series.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var outcomes = new[] { CacheOutcome.Hit, CacheOutcome.Renewed, CacheOutcome.Stale }.Select(NameOf)
            .Concat(Refusals.Select(problem => problem.Slug)).ToArray();
        foreach (var operation in Enum.GetValues<QueryOperation>())
        {
            _partial.Add(0, Of(operation));
            foreach (var outcome in outcomes)
            {
                Add(operation, outcome, 0);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns the start of a query.</summary>
    public long Begin() => _time.GetTimestamp();

    /// <summary>Counts a query.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="read">The result.</param>
    /// <param name="began">The start, from <see cref="Begin"/>; null if its duration is not recorded here.</param>
    public void Record(QueryOperation operation, SnapshotRead read, long? began = null)
    {
        if (read.Refusal is { Problem: var problem })
        {
            RecordRefusal(operation, problem, began);
            return;
        }

        RecordDuration(operation, began);
        Add(operation, NameOf(read.Status.Outcome), 1);
        _age.Record(read.Age.TotalSeconds);
        if (!read.Snapshot!.IsComplete)
        {
            _partial.Add(1, Of(operation));
        }
    }

    /// <summary>Counts a query that was refused.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="problem">The problem in place of its result.</param>
    /// <param name="began">The start, from <see cref="Begin"/>; null if its duration is not recorded here.</param>
    public void RecordRefusal(QueryOperation operation, ProblemType problem, long? began = null)
    {
        Add(operation, problem.Slug, 1);
        RecordDuration(operation, began);
    }

    private void RecordDuration(QueryOperation operation, long? began)
    {
        if (began is { } start)
        {
            _duration.Record(_time.GetElapsedTime(start).TotalSeconds, Of(operation));
        }
    }

    private static string NameOf(CacheOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private void Add(QueryOperation operation, string outcome, int count) =>
        _queries.Add(count, Of(operation), new("outcome", outcome));

    private static KeyValuePair<string, object?> Of(QueryOperation operation) => new("operation", Operations[(int)operation]);
}

/// <summary>The operations on the whole list.</summary>
internal enum QueryOperation
{
    List,
    Run,
    Summary,
    Changes,
    Console,
}
