using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using NclueGateway.Access;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Nclue;
using NclueGateway.Operations.Audit;
using NclueGateway.Redis;

namespace NclueGateway.TaskRuns;

/// <summary><c>GET</c> and <c>HEAD /api/task-runs</c>.</summary>
internal static class TaskRunsEndpoint
{
    /// <summary>The address of the list.</summary>
    public const string Path = "/api/task-runs";

    private const string Json = "application/json";

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
            .AddSingleton<PageStore>();
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
        routes.MapGet(Path, ListAsync).RequireAuthorization().ExcludeFromDescription();
        routes.MapMethods(Path, [HttpMethods.Head], ListAsync).RequireAuthorization().ExcludeFromDescription();
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

    private static async Task ListAsync(HttpContext context, TaskRunReader reader, PageStore pages, TaskRunMetrics metrics)
    {
        if (!PageQuery.TryParse(context.Request.QueryString.Value, out var request, out var errors))
        {
            await new ProblemAnswer(Problems.InvalidRequest) { Errors = errors }.ExecuteAsync(context);
            return;
        }

        context.Features.Get<AuditNotes>()?.Asked(request.Index, request.Limit);
        if (AcceptHeader.QualityOf(context.Request.Headers.Accept, Json) == 0)
        {
            await new ProblemAnswer(Problems.NotAcceptable) { Detail = "This resource is application/json." }.ExecuteAsync(context);
            return;
        }

        var reading = await reader.ReadAsync(request, ((SignedInCaller)context.User).Caller, context.RequestAborted);
        if (reading.Refusal is { } refusal)
        {
            metrics.Refused(refusal.Problem.Slug);
            await new ProblemAnswer(refusal.Problem) { Detail = refusal.Detail, RetryAfter = refusal.RetryAfter }.ExecuteAsync(context);
            return;
        }

        metrics.Answered(reading.Status.Outcome, reading.Age);
        await AnswerAsync(context, pages, reading);
    }

    private static async Task AnswerAsync(HttpContext context, PageStore pages, TaskRunReading reading)
    {
        var request = context.Request;
        var page = pages.Get(reading.Parts, request.PathBase.ToUriComponent());
        var coding = ContentCodings.Choose(request.Headers.AcceptEncoding);
        var isUnchanged = EntityTags.Match(request.Headers.IfNoneMatch, page.ETag);
        var hasBody = !isUnchanged && HttpMethods.IsGet(request.Method);
        var form = hasBody ? page.In(coding) : page.Made(coding);
        context.Features.Get<AuditNotes>()?.Answered(reading.Status.Outcome.ToString());
        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = form.ETag;
        headers.Age = ((long)Math.Ceiling(reading.Age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

        // Browsers ask again each time, so that nothing is shown after a sign-out; asking costs the upstream nothing.
        headers.CacheControl = "private, no-cache";
        headers["Cache-Status"] = reading.Status.ToString();
        headers.Vary = "Authorization, Cookie, Origin, Accept-Encoding";
        headers.Link = page.Link;

        if (isUnchanged)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = Json;
        response.ContentLength = form.Length;
        headers.ContentEncoding = form.Coding.Name();
        if (hasBody)
        {
            page.Write(form, response.BodyWriter);
            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }
}
