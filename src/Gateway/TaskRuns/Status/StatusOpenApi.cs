using System.Reflection;
using NclueGateway.Http;
using NclueGateway.Http.OpenApi;
using NclueGateway.TaskRuns.Pages;
using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Status.StatusDtos;

namespace NclueGateway.TaskRuns.Status;

/// <summary>Describes the operation of the status.</summary>
internal static class StatusOpenApi
{
    public const string Description =
        "Returns the state of the requests to NCLUE, of the gateway's copy of the list, and of its replicas. The response is 200 also "
        + "while NCLUE fails. It comes from memory: it causes no request to NCLUE, and does not make the gateway read the list. "
        + "`pausedForSeconds`, `departures` and `replicas` are those of all replicas that share a Redis. All else is as the replica that "
        + "responds knows it.";

    private static readonly ApiTag Tag = new("Status", "The state of the gateway.");

    private static readonly GatewayStatus Example = new()
    {
        Upstream = UpstreamState.Paused,
        Detail = "The quota of the NCP account is used up (HTTP 429, code 400).",
        PausedForSeconds = 48,
        Departures = new()
        {
            LastMinute = 12,
            MostPerMinute = 57,
            PerMinute = [.. Enumerable.Repeat((int?)null, DepartureHistory.Minutes - 4), 31, 57, 57, 12],
        },
        Snapshot = new()
        {
            State = SnapshotStage.Complete,
            Runs = 250,
            ExpectedTotal = 250,
            Order = SnapshotOrder.OldestFirst,
            AsOf = new(2026, 11, 25, 8, 59, 48, TimeSpan.Zero),
            SweptAt = new(2026, 11, 25, 8, 51, 2, TimeSpan.Zero),
        },
        Streams = 3,
        Replicas = 2,
        Redis = RedisAvailability.Ok,
    };

    public static void DescribeStatus(this IEndpointConventionBuilder endpoint, MethodInfo handler) => endpoint.Describe(() =>
    [
        handler,
        Tag,
        TaskRunOpenApi.Security,
        ApiParameters.Csrf(false, "Required when the session cookie authenticates the request."),
        new ApiResponse(StatusCodes.Status200OK, "The status.", typeof(GatewayStatus))
        {
            Headers = [new("Cache-Control", "Must not be stored by any cache.", "no-store"), .. TaskRunOpenApi.RateLimitHeaders],
            Examples =
            [
                new("paused", "NCLUE's quota is used up", Example),
            ],
        },
        .. ProblemResponse.For(
            [
                HttpProblems.InvalidRequest, AccessProblems.Unauthenticated, AccessProblems.Forbidden, AccessProblems.CsrfHeaderMissing,
                HttpProblems.NotAcceptable, AccessProblems.CallerQuota, HttpProblems.InternalError,
                AccessProblems.SessionStoreUnavailable, HttpProblems.Draining,
            ],
            authenticated: TaskRunOpenApi.RateLimitHeaders),
    ]);
}
