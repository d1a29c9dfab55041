using NclueGateway.Access;
using NclueGateway.Access.Callers;
using NclueGateway.Http;
using NclueGateway.Observability.Audit;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Queries;

namespace NclueGateway.TaskRuns.Status;

/// <summary>The status of the gateway.</summary>
internal static class StatusEndpoint
{
    public const string Path = "/api/status";

    public static IServiceCollection AddStatus(this IServiceCollection services) => services
        .AddSingleton<DepartureHistory>()
        .AddHostedService(provider => provider.GetRequiredService<DepartureHistory>())
        .AddSingleton<StatusReader>();

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        var reader = routes.ServiceProvider.GetRequiredService<StatusReader>();
        RequestDelegate handler = context => RespondAsync(context, reader);
        routes.MapMethods(Path, [HttpMethods.Get], handler).RequirePermission(Permission.ReadTaskRuns).Audited()
            .WithName("getStatus").WithSummary("Get the status of the gateway")
            .WithDescription(StatusOpenApi.Description)
            .DescribeStatus(handler.Method);
    }

    private static async Task RespondAsync(HttpContext context, StatusReader reader)
    {
        var parameters = new QueryParameters(context.Request.QueryString.Value);
        if (parameters.Counts.Count > 0)
        {
            await new ProblemResult(HttpProblems.InvalidRequest) { Errors = parameters.FindErrors() }.ExecuteAsync(context);
            return;
        }

        if (!await ResponseSender.IsAcceptableAsync(context))
        {
            return;
        }

        context.Features.Get<AuditEvent>()?.RecordRead();
        context.Response.Headers.CacheControl = "no-store"; // the next response differs
        await context.Response.WriteAsJsonAsync(reader.Read(), TaskRunWriter.Options, "application/json");
    }
}
