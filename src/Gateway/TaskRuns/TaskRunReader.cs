using Microsoft.AspNetCore.Http.Features;
using NclueGateway.Access;
using NclueGateway.Caching;
using NclueGateway.Http;
using NclueGateway.Nclue;
using NclueGateway.Operations.Telemetry;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Answers a page from what is held, by its age: fresh at once, stale at once while the refresh follows, expired or missing after a wait
/// where waiting can help.
/// </summary>
internal sealed class TaskRunReader(
    TaskRunList list, BlockRefresher refresher, ISharedBlocks shared, CacheOptions cache, TimeProvider time)
{
    /// <summary>How long after its return Redis is used again at the latest.</summary>
    private static readonly TimeSpan UsedAgainWithin = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _staleUntil = cache.FreshFor + cache.ServeStaleFor;

    /// <summary>Reads a page for a caller.</summary>
    /// <param name="request">The page.</param>
    /// <param name="caller">Whose share of the gateway a wait uses.</param>
    /// <param name="lifetime">Its end ends this reader's wait and nothing else. Asked only if there is a wait: the server makes a token for whoever asks.</param>
    public ValueTask<TaskRunReading> ReadAsync(PageRequest request, CallerIdentity caller, IHttpRequestLifetimeFeature lifetime)
    {
        var now = time.GetTimestamp();
        var parts = list.Locate(request, Oldest(now), now, out var isNews);
        var age = parts.IsComplete ? time.GetElapsedTime(parts.DepartedAt, now) : TimeSpan.MaxValue;

        if (age > cache.FreshFor && Newer(parts, now) is { Count: > 0 } newer)
        {
            return new(LookAsync(newer, request, caller, lifetime));
        }

        if (age > _staleUntil)
        {
            return new(WaitAsync(request, caller, parts.IsComplete ? CacheOutcome.Renewed : CacheOutcome.Miss, lifetime.RequestAborted));
        }

        // Somebody who looks once a minute sees fresh data, and a busy gateway never waits. (Asked before this read itself makes it busy.)
        var isWorthAMoment = age > cache.FreshFor * 2 && cache.SoftWait > TimeSpan.Zero
            && parts.Lacking(now - time.Ticks(cache.FreshFor)).ToList() is [var block] && refresher.IsOpenFor(block);
        if (isNews)
        {
            refresher.Wake();
        }

        return isWorthAMoment ? new(WaitSoftlyAsync(request, caller, now, lifetime.RequestAborted)) : new(Hit(parts, age));
    }

    /// <summary>Reads what other replicas have fetched. It takes a moment, or no longer than Redis is waited for.</summary>
    private async Task<TaskRunReading> LookAsync(
        List<int> newer, PageRequest request, CallerIdentity caller, IHttpRequestLifetimeFeature lifetime)
    {
        while (newer.Count > 0)
        {
            await Task.WhenAll(newer.Select(shared.LookAsync)).WaitAsync(lifetime.RequestAborted);
            var now = time.GetTimestamp();
            newer = Newer(list.Locate(request, Oldest(now), now, out _), now);
        }

        return await ReadAsync(request, caller, lifetime);
    }

    /// <summary>The blocks of a page that are not fresh here, and newer elsewhere.</summary>
    private List<int> Newer(PageParts parts, long now) => [.. parts.Lacking(now - time.Ticks(cache.FreshFor)).Where(shared.HasNewer)];

    private async Task<TaskRunReading> WaitSoftlyAsync(
        PageRequest request, CallerIdentity caller, long since, CancellationToken cancellationToken)
    {
        refresher.Wake();
        while (true)
        {
            var changed = refresher.Changed;
            var now = time.GetTimestamp();
            var parts = list.Locate(request, Oldest(now), null, out _);
            if (!parts.IsComplete)
            {
                return await WaitAsync(request, caller, CacheOutcome.Miss, cancellationToken); // the list has changed under the page
            }

            var age = time.GetElapsedTime(parts.DepartedAt, now);
            if (age <= cache.FreshFor)
            {
                return new(parts, age, new(CacheOutcome.Renewed, cache.FreshFor - age));
            }

            var left = cache.SoftWait - time.GetElapsedTime(since, now);
            if (left <= TimeSpan.Zero || refresher.Failure is not null)
            {
                return Hit(parts, age);
            }

            await WaitAsync(changed, left, cancellationToken);
        }
    }

    private async Task<TaskRunReading> WaitAsync(
        PageRequest request, CallerIdentity caller, CacheOutcome outcome, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var span = GatewayTelemetry.Source.StartActivity("wait");
        using var wait = new BlockWait(refresher, caller);
        var hasWaited = false;
        for (bool? isCollapsed = null; ;)
        {
            var changed = refresher.Changed;
            var now = time.GetTimestamp();
            var parts = list.Locate(request, Oldest(now), null, out _);
            var age = parts.IsComplete ? time.GetElapsedTime(parts.DepartedAt, now) : TimeSpan.MaxValue;
            if (age <= _staleUntil)
            {
                return hasWaited ? new(parts, age, new(outcome, cache.FreshFor - age, isCollapsed ?? false)) : Hit(parts, age);
            }

            var needed = parts.Lacking(now - time.Ticks(_staleUntil)).ToList();
            var forecast = wait.For(needed);
            isCollapsed ??= forecast.IsCollapsed;
            if (changed.IsCompleted)
            {
                continue; // what is needed may have come between looking and asking
            }

            var left = cache.WaitFor - time.GetElapsedTime(since, now);
            var isInVain = forecast.IsOverQuota || left <= TimeSpan.Zero || forecast.Expected > left;
            if (parts.IsComplete)
            {
                if (isInVain || forecast.Failure is not null)
                {
                    return hasWaited
                        ? new(parts, age, new(CacheOutcome.Stale, cache.FreshFor - age, isCollapsed.Value, ProblemOf(forecast.Failure).Slug))
                        : Hit(parts, age, forecast.Failure);
                }
            }
            else if (isInVain || forecast.Failure is { Kind: NclueFailureKind.CredentialsRefused or NclueFailureKind.Unreadable })
            {
                refresher.SendAway(caller, needed);
                return new(default, default, default, Refuse(forecast));
            }

            hasWaited = true;
            await WaitAsync(changed, left, cancellationToken);
        }
    }

    private TaskRunReading Hit(PageParts parts, TimeSpan age) => Hit(parts, age, age > cache.FreshFor ? refresher.Failure : null);

    private TaskRunReading Hit(PageParts parts, TimeSpan age, NclueFailure? failure) =>
        new(parts, age, new(CacheOutcome.Hit, cache.FreshFor - age, Detail: failure is null ? null : ProblemOf(failure).Slug));

    private static ReadRefusal Refuse(WaitForecast forecast)
    {
        var hasNoTurn = forecast.Expected == TimeSpan.MaxValue; // until Redis is back
        var after = hasNoTurn ? UsedAgainWithin : forecast.Expected;
        return forecast switch
        {
            { IsOverQuota: true } => new(
                Problems.CallerQuota, "This caller already waits for as many parts of the list as it may (Quota:ColdBlocks).", after),
            { Failure: { } failure } => new(
                ProblemOf(failure), failure.Detail, ProblemOf(failure).Status == StatusCodes.Status503ServiceUnavailable ? after : null),
            { IsOverdue: true } => new(Problems.UpstreamTimeout, "NCLUE has been asked for this part of the list and has not answered yet.", null),
            _ when hasNoTurn => new(Problems.UpstreamBusy, "Redis is away, and without it this replica has no turn at NCLUE.", after),
            _ => new(Problems.UpstreamBusy, "This part of the list has not been fetched yet; others are in front of it.", after),
        };
    }

    private static Problem ProblemOf(NclueFailure? failure) => failure?.Kind switch
    {
        NclueFailureKind.TimedOut => Problems.UpstreamTimeout,
        NclueFailureKind.CredentialsRefused => Problems.UpstreamCredentials,
        NclueFailureKind.QuotaExceeded => Problems.UpstreamQuota,
        NclueFailureKind.Unreadable => Problems.UpstreamMalformed,
        NclueFailureKind.Throttled or null => Problems.UpstreamBusy,
        _ => Problems.UpstreamError,
    };

    /// <summary>Copies that departed before are not answered any more.</summary>
    private long Oldest(long now) => now - time.Ticks(cache.KeepFor);

    private async Task WaitAsync(Task changed, TimeSpan left, CancellationToken cancellationToken)
    {
        await time.WaitAsync(changed, left, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
