using NclueGateway.Access;
using NclueGateway.Access.Callers;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns;

/// <summary><c>GET</c> and <c>HEAD /api/task-runs</c>.</summary>
internal static class TaskRunsEndpoint
{
    /// <summary>The path of the list.</summary>
    public const string Path = "/api/task-runs";

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
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<PageHandler>(provider, Path));

    public static void MapTaskRuns(this IEndpointRouteBuilder routes)
    {
        RequestDelegate handler = routes.ServiceProvider.GetRequiredService<PageHandler>().HandleAsync;
        routes.MapMethods(Path, [HttpMethods.Get], handler).RequirePermission(Permission.ReadTaskRuns).Audited("Index", "Limit")
            .WithName("listTaskRuns").WithSummary("List task runs").WithDescription(TaskRunOpenApi.ListDescription)
            .DescribeList(handler.Method, hasBody: true);
        routes.MapMethods(Path, [HttpMethods.Head], handler).RequirePermission(Permission.ReadTaskRuns).Audited("Index", "Limit")
            .WithName("headTaskRuns").WithSummary("Get the headers of a page of task runs")
            .WithDescription("Returns the headers of GET, without the body.")
            .DescribeList(handler.Method, hasBody: false);
    }
}
