using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Access;
using NclueGateway.Caching;
using NclueGateway.Nclue;
using NclueGateway.Redis;

namespace NclueGateway.TaskRuns;

/// <summary><c>GET</c> and <c>HEAD /api/task-runs</c>.</summary>
internal static class TaskRunsEndpoint
{
    /// <summary>The address of the list.</summary>
    public const string Path = "/api/task-runs";

    /// <summary>Everything that turns the upstream's list into pages.</summary>
    /// <param name="nclue">The settings of the upstream.</param>
    /// <param name="isShared">Whether replicas share blocks through Redis.</param>
    public static IServiceCollection AddTaskRuns(this IServiceCollection services, NclueOptions nclue, bool isShared)
    {
        services
            .AddSingleton<TaskRunList>()
            .AddSingleton(_ => new TaskRunNormalizer(TimeZoneInfo.FindSystemTimeZoneById(nclue.TimeZone), nclue.HelpLanguage))
            .AddSingleton<RefreshLog>()
            .AddSingleton<TaskRunMetrics>()
            .AddSingleton(Random.Shared)
            .AddSingleton<BlockRefresher>()
            .AddHostedService(provider => provider.GetRequiredService<BlockRefresher>())
            .AddSingleton<TaskRunReader>()
            .AddSingleton<PageCache>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<TaskRunRequests>(provider, Path));
        services.AddHealthChecks().AddCheck<NclueHealth>("nclue");
        return isShared
            ? services
                .AddSingleton(provider => CreateStore(provider, nclue))
                .AddSingleton(BlockFormat.Known)
                .AddSingleton<ISharedBlocks, SharedBlocks>()
            : services.AddSingleton<ISharedBlocks, NoSharedBlocks>();
    }

    public static void MapTaskRuns(this IEndpointRouteBuilder routes)
    {
        RequestDelegate answer = routes.ServiceProvider.GetRequiredService<TaskRunRequests>().AnswerAsync;
        routes.MapMethods(Path, [HttpMethods.Get], answer).RequirePermission(Permission.ReadTaskRuns)
            .WithName("listTaskRuns").WithSummary("List task runs").WithDescription(TaskRunOpenApi.ListDescription)
            .DescribeList(answer.Method, hasBody: true);
        routes.MapMethods(Path, [HttpMethods.Head], answer).RequirePermission(Permission.ReadTaskRuns)
            .WithName("headTaskRuns").WithSummary("Get the headers of a page of task runs").WithDescription("Returns the headers of GET, without the body.")
            .DescribeList(answer.Method, hasBody: false);
    }

    private static DistributedBlockStore CreateStore(IServiceProvider provider, NclueOptions nclue)
    {
        var cache = provider.GetRequiredService<CacheOptions>();
        var settings = SHA256.HashData(Encoding.UTF8.GetBytes($"{nclue.TimeZone}|{nclue.IndexUnit}|{nclue.HelpLanguage}"));
        return new(
            provider.GetRequiredService<IDistributedCache>(),
            provider.GetRequiredService<RedisCircuit>(),
            $"{cache.KeyPrefix}:{nclue.AccountKey}",
            Convert.ToHexStringLower(settings.AsSpan(0, 4)),
            cache.KeepFor);
    }
}
