using NclueGateway.Access.Callers;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Time;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Answers a page from what is held, by its age: fresh at once, stale at once while the refresh follows, expired or missing after a wait
/// where waiting can help.
/// </summary>
internal sealed class PageReader(
    BlockCache list, ReaderWaits waits, ISharedBlocks shared, CacheOptions cache, TimeProvider time)
{
    /// <summary>How long after its return Redis is used again at the latest.</summary>
    private static readonly TimeSpan UsedAgainWithin = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _staleUntil = cache.FreshFor + cache.ServeStaleFor;

    /// <summary>Reads a page for a caller.</summary>
    /// <param name="request">The page.</param>
    /// <param name="caller">The caller whose share of the gateway a wait uses.</param>
    /// <param name="cancellationToken">Ends this reader's wait and nothing else.</param>
    public async ValueTask<ReadResult> ReadAsync(PageRequest request, CallerKey caller, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var parts = list.Find(request, Oldest(now));
            var shouldRefresh = list.MarkRead(parts, now);
            var age = parts.IsComplete ? time.GetElapsedTime(parts.DepartedAt, now) : TimeSpan.MaxValue;

            if (age > cache.FreshFor && Newer(parts, now) is { Count: > 0 } newer)
            {
                // Other replicas have fetched it. This takes a moment, or the timeout of Redis.
                await Task.WhenAll(newer.Select(shared.LookAsync)).WaitAsync(cancellationToken);
                continue;
            }

            if (age > _staleUntil)
            {
                var outcome = parts.IsComplete ? CacheOutcome.Renewed : CacheOutcome.Miss;
                return await WaitAsync(request, caller, outcome, cancellationToken);
            }

            // A caller that reads once a minute sees fresh data, and a busy gateway never waits. Asked before this read itself makes it busy.
            var canRefreshNow = age > cache.FreshFor * 2 && cache.SoftWait > TimeSpan.Zero
                && parts.MissingOrOlderThan(now - time.Ticks(cache.FreshFor)).ToList() is [var block] && waits.IsOpenFor(block);
            if (shouldRefresh)
            {
                waits.Wake();
            }

            return canRefreshNow ? await WaitSoftlyAsync(request, caller, now, cancellationToken) : Hit(parts, age);
        }
    }

    /// <summary>The blocks of a page that are not fresh here, and newer elsewhere.</summary>
    private List<int> Newer(PageSlices parts, long now) => [.. parts.MissingOrOlderThan(now - time.Ticks(cache.FreshFor)).Where(shared.HasNewer)];

    private async Task<ReadResult> WaitSoftlyAsync(
        PageRequest request, CallerKey caller, long since, CancellationToken cancellationToken)
    {
        waits.Wake();
        while (true)
        {
            var changed = waits.Changed;
            var now = time.GetTimestamp();
            var parts = list.Find(request, Oldest(now));
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
            if (left <= TimeSpan.Zero || waits.Failure is not null)
            {
                return Hit(parts, age);
            }

            await WaitAsync(changed, left, cancellationToken);
        }
    }

    private async Task<ReadResult> WaitAsync(
        PageRequest request, CallerKey caller, CacheOutcome outcome, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var span = GatewayTelemetry.Source.StartActivity("wait");
        using var wait = waits.Begin(caller);
        var hasWaited = false;
        for (bool? isCollapsed = null; ;)
        {
            var changed = waits.Changed;
            var now = time.GetTimestamp();
            var parts = list.Find(request, Oldest(now));
            var age = parts.IsComplete ? time.GetElapsedTime(parts.DepartedAt, now) : TimeSpan.MaxValue;
            if (age <= _staleUntil)
            {
                return hasWaited ? new(parts, age, new(outcome, cache.FreshFor - age, isCollapsed ?? false)) : Hit(parts, age);
            }

            var needed = parts.MissingOrOlderThan(now - time.Ticks(_staleUntil)).ToList();
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
                waits.DeferToRetry(caller, needed);
                return new(default, default, default, Refuse(forecast));
            }

            hasWaited = true;
            await WaitAsync(changed, left, cancellationToken);
        }
    }

    private ReadResult Hit(PageSlices parts, TimeSpan age) => Hit(parts, age, age > cache.FreshFor ? waits.Failure : null);

    private ReadResult Hit(PageSlices parts, TimeSpan age, NclueFailure? failure) =>
        new(parts, age, new(CacheOutcome.Hit, cache.FreshFor - age, Detail: failure is null ? null : ProblemOf(failure).Slug));

    private static ReadFailure Refuse(WaitForecast forecast)
    {
        var hasNoTurn = forecast.Expected == TimeSpan.MaxValue; // until Redis is back
        var after = hasNoTurn ? UsedAgainWithin : forecast.Expected;
        return forecast switch
        {
            { IsOverQuota: true } => new(
                AccessProblems.CallerQuota, "This caller already waits for as many parts of the list as it may (Quota:ColdBlocks).", after),
            { Failure: { } failure } => new(
                ProblemOf(failure), failure.Detail, ProblemOf(failure).Status == StatusCodes.Status503ServiceUnavailable ? after : null),
            { IsOverdue: true } => new(UpstreamProblems.UpstreamTimeout, "NCLUE has been asked for this part of the list and has not answered yet.", null),
            _ when hasNoTurn => new(UpstreamProblems.UpstreamBusy, "Redis is away, and without it this replica has no turn at NCLUE.", after),
            _ => new(UpstreamProblems.UpstreamBusy, "This part of the list has not been fetched yet; others are in front of it.", after),
        };
    }

    private static ProblemType ProblemOf(NclueFailure? failure) => failure?.Kind switch
    {
        NclueFailureKind.TimedOut => UpstreamProblems.UpstreamTimeout,
        NclueFailureKind.CredentialsRefused => UpstreamProblems.UpstreamCredentials,
        NclueFailureKind.QuotaExceeded => UpstreamProblems.UpstreamQuota,
        NclueFailureKind.Unreadable => UpstreamProblems.UpstreamMalformed,
        NclueFailureKind.Throttled or null => UpstreamProblems.UpstreamBusy,
        _ => UpstreamProblems.UpstreamError,
    };

    /// <summary>Copies that departed before are not answered any more.</summary>
    private long Oldest(long now) => now - time.Ticks(cache.KeepFor);

    private async Task WaitAsync(Task changed, TimeSpan left, CancellationToken cancellationToken)
    {
        await time.WaitAsync(changed, left, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
