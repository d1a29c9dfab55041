using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.Access;
using NclueGateway.Access.Callers;
using NclueGateway.Access.Sessions;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Queries;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns;

/// <summary>The list of task runs: pages of NCLUE's own list, queries on the whole list, counts, and single runs.</summary>
internal static class TaskRunsEndpoint
{
    /// <summary>The path of the list.</summary>
    public const string Path = "/api/task-runs";

    /// <summary>The path of the counts.</summary>
    public const string SummaryPath = Path + "/summary";

    /// <summary>The path of the changes.</summary>
    public const string ChangesPath = Path + "/changes";

    /// <summary>Adds the services that serve pages of the mirror's blocks.</summary>
    /// <param name="services">The services.</param>
    /// <param name="nclue">The settings of the upstream.</param>
    /// <param name="isShared">True if replicas share the snapshot's log through Redis.</param>
    public static IServiceCollection AddTaskRuns(this IServiceCollection services, NclueOptions nclue, bool isShared) => services
        .AddSingleton(_ => new TaskRunNormalizer(TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone), nclue.HelpLanguage))
        .AddSingleton<IRowNormalizer, DiagnosingNormalizer>()
        .AddSnapshot()
        .AddSnapshotLog(nclue, isShared)
        .AddSingleton<TaskRunMetrics>()
        .AddHostedService(provider => provider.GetRequiredService<TaskRunMetrics>())
        .AddSingleton<PageReader>()
        .AddSingleton<PageSeams>()
        .AddSingleton<PageCache>()
        .AddSingleton<ResponseSender>()
        .AddSingleton<QueryParser>()
        .AddSingleton<SnapshotReader>()
        .AddSingleton<Selections>()
        .AddSingleton<RunFinder>()
        .AddSingleton<QueryMetrics>()
        .AddHostedService(provider => provider.GetRequiredService<QueryMetrics>())
        .AddSingleton<ChangeSets>()
        .AddSingleton<ChangeEvents>()
        .AddSingleton<ChangesMetrics>()
        .AddHostedService(provider => provider.GetRequiredService<ChangesMetrics>())
        .AddSingleton<StreamSessions>()
        .AddSingleton<OpenStreams>()
        .AddHostedService<ChangeFeed>()
        .AddSingleton<ChangePolls>()
        .AddSingleton<ChangeStream>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<ChangesHandler>(provider, Path))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<PageHandler>(provider, Path))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<ListQueryHandler>(provider, Path))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<SummaryHandler>(provider, Path))
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<RunHandler>(provider, Path));

    public static void MapTaskRuns(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var (pages, queries) = (services.GetRequiredService<PageHandler>(), services.GetRequiredService<ListQueryHandler>());
        RequestDelegate list = context =>
            IsQuery(context.Request.QueryString.Value) ? queries.HandleAsync(context) : pages.HandleAsync(context);
        Map(Path, HttpMethods.Get, list, "Index", "Limit", "Query")
            .WithName("listTaskRuns").WithSummary("List task runs").WithDescription(TaskRunOpenApi.ListDescription)
            .DescribeList(list.Method, hasBody: true, () => QueryOpenApi.ListParameters);
        Map(Path, HttpMethods.Head, list, "Index", "Limit", "Query")
            .WithName("headTaskRuns").WithSummary("Get the headers of a page of task runs")
            .WithDescription("Returns the headers of GET, without the body.")
            .DescribeList(list.Method, hasBody: false, () => QueryOpenApi.ListParameters);

        RequestDelegate summary = services.GetRequiredService<SummaryHandler>().HandleAsync;
        Map(SummaryPath, HttpMethods.Get, summary, "Query")
            .WithName("summarizeTaskRuns").WithSummary("Count task runs").WithDescription(QueryOpenApi.SummaryDescription)
            .DescribeSummary(summary.Method, hasBody: true);
        Map(SummaryPath, HttpMethods.Head, summary, "Query")
            .WithName("headTaskRunSummary").WithSummary("Get the headers of the counts of task runs")
            .WithDescription("Returns the headers of GET, without the body.")
            .DescribeSummary(summary.Method, hasBody: false);

        RequestDelegate run = services.GetRequiredService<RunHandler>().HandleAsync;
        Map($"{Path}/{{{RunHandler.Id}}}", HttpMethods.Get, run, "RunId")
            .WithName("getTaskRun").WithSummary("Get a task run").WithDescription(QueryOpenApi.RunDescription)
            .DescribeRun(run.Method, hasBody: true);
        Map($"{Path}/{{{RunHandler.Id}}}", HttpMethods.Head, run, "RunId")
            .WithName("headTaskRun").WithSummary("Get the headers of a task run")
            .WithDescription("Returns the headers of GET, without the body.")
            .DescribeRun(run.Method, hasBody: false);

        RequestDelegate changes = services.GetRequiredService<ChangesHandler>().HandleAsync;
        Map(ChangesPath, HttpMethods.Get, changes)
            .AuditedAsStream("Query").AllowsEventSource()
            .WithName("listTaskRunChanges").WithSummary("List or stream changes of task runs")
            .WithDescription(ChangesOpenApi.Description)
            .DescribeChanges(changes.Method);

        IEndpointConventionBuilder Map(string path, string method, RequestDelegate handler, params string[] audited) =>
            routes.MapMethods(path, [method], handler).RequirePermission(Permission.ReadTaskRuns).Audited(audited);
    }

    /// <summary>Returns true for a query on the whole list: a request with other parameters than a page of NCLUE's own list has.</summary>
    private static bool IsQuery(string? query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (pair.DecodeName().Span is not ("index" or "limit"))
            {
                return true;
            }
        }

        return false;
    }
}
