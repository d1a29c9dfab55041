using System.Diagnostics.Metrics;
using NclueGateway.Hosting;
using NclueGateway.Http;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Metrics of queries. No label identifies a caller or a run.</summary>
internal sealed class QueryMetrics : IHostedService
{
    // The problem types of refused queries.
    private static readonly ProblemType[] Refusals =
    [
        HttpProblems.InvalidRequest, HttpProblems.NotFound, SnapshotProblems.CursorExpired, SnapshotProblems.ChangesExpired,
        SnapshotProblems.ListTooLarge, SnapshotProblems.ListIncomplete, SnapshotProblems.StreamsExhausted, AccessProblems.CallerQuota,
        UpstreamProblems.UpstreamCredentials, UpstreamProblems.UpstreamMalformed, UpstreamProblems.UpstreamError,
        UpstreamProblems.UpstreamBusy, UpstreamProblems.UpstreamQuota, UpstreamProblems.UpstreamTimeout,
    ];

    private readonly Counter<long> _queries;
    private readonly Histogram<double> _age;

    public QueryMetrics(IMeterFactory meters)
    {
        var meter = meters.CreateGatewayMeter();
        _queries = meter.CreateCounter<long>(
            "nclue_gateway.queries",
            "{query}",
            "Queries on the whole list by operation (list, run, summary, changes, console) and outcome: hit, renewed, stale, or the "
            + "slug of the problem.");
        _age = meter.CreateHistogram<double>("nclue_gateway.query.age", "s", "Age of the versions of the list that were served.");
    }

    /// <summary>
    /// Creates all series with the value 0, because <c>increase()</c> in Prometheus ignores the event that creates a series.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var outcomes = new[] { CacheOutcome.Hit, CacheOutcome.Renewed, CacheOutcome.Stale }.Select(NameOf)
            .Concat(Refusals.Select(problem => problem.Slug));
        foreach (var outcome in outcomes)
        {
            foreach (var operation in Enum.GetValues<QueryOperation>())
            {
                Add(operation, outcome, 0);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Counts a query.</summary>
    public void Record(QueryOperation operation, SnapshotRead read)
    {
        if (read.Refusal is { Problem: var problem })
        {
            RecordRefusal(operation, problem);
            return;
        }

        Add(operation, NameOf(read.Status.Outcome), 1);
        _age.Record(read.Age.TotalSeconds);
    }

    /// <summary>Counts a query that was refused.</summary>
    public void RecordRefusal(QueryOperation operation, ProblemType problem) => Add(operation, problem.Slug, 1);

    private static string NameOf(CacheOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private void Add(QueryOperation operation, string outcome, int count) =>
        _queries.Add(count, new("operation", operation.ToString().ToLowerInvariant()), new("outcome", outcome));
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
