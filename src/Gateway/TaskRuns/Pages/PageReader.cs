using NclueGateway.Access.Callers;
using NclueGateway.Hosting;
using NclueGateway.Http;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Time;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Reads a page from the cached blocks, depending on its age. A fresh page is returned at once. A stale page is
/// returned at once and refreshed afterwards. An expired or missing page is returned after a wait, if the wait can
/// succeed in time.
/// </summary>
internal sealed class PageReader(
    BlockCache blocks, ReaderWaits waits, ISharedBlocks shared, CacheOptions cache, TimeProvider time)
{
    /// <summary>Maximum time until a replica uses Redis again after the end of an outage.</summary>
    private static readonly TimeSpan UsedAgainWithin = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _staleUntil = cache.FreshFor + cache.ServeStaleFor;

    /// <summary>Reads a page for a caller.</summary>
    /// <param name="request">The page.</param>
    /// <param name="caller">The caller whose limits apply to a wait.</param>
    /// <param name="cancellationToken">Ends the wait of this reader only.</param>
    public async ValueTask<ReadResult> ReadAsync(PageRequest request, CallerKey caller, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var parts = blocks.Find(request, Oldest(now));
            var shouldRefresh = blocks.MarkRead(parts, now);
            var age = Age(parts, now);

            if (age > cache.FreshFor && Newer(parts, now) is { Count: > 0 } newer)
            {
                // Other replicas have fetched newer copies. Reading them takes milliseconds, or at most the timeout of
                // Redis.
                await Task.WhenAll(newer.Select(shared.LookAsync)).WaitAsync(cancellationToken);
                continue;
            }

            if (age > _staleUntil)
            {
                var outcome = parts.DepartedAt is null ? CacheOutcome.Miss : CacheOutcome.Renewed;
                return await WaitAsync(request, caller, outcome, cancellationToken);
            }

            // The soft wait gives fresh data to a caller that reads once a minute; a busy gateway does not wait.
            // IsOpenFor is called before Wake, because the refresh that this read starts would make the gateway busy.
            var canRefreshNow = age > cache.FreshFor * 2 && cache.SoftWait > TimeSpan.Zero
                && parts.MissingOrOlderThan(now - time.Ticks(cache.FreshFor)).ToList() is [var block] && waits.IsOpenFor(block);
            if (shouldRefresh)
            {
                waits.Wake();
            }

            return canRefreshNow ? await WaitSoftlyAsync(request, caller, now, cancellationToken) : Hit(parts, age);
        }
    }

    /// <summary>
    /// Returns the blocks of a page that are not fresh and of which another replica has stored a newer copy.
    /// </summary>
    private List<int> Newer(PageSlices parts, long now) =>
        [.. parts.MissingOrOlderThan(now - time.Ticks(cache.FreshFor)).Where(shared.HasNewer)];

    private async Task<ReadResult> WaitSoftlyAsync(
        PageRequest request, CallerKey caller, long since, CancellationToken cancellationToken)
    {
        waits.Wake();
        while (true)
        {
            var changed = waits.Changed;
            var now = time.GetTimestamp();
            var parts = blocks.Find(request, Oldest(now));
            if (parts.DepartedAt is null)
            {
                // The list has changed since the page was found.
                return await WaitAsync(request, caller, CacheOutcome.Miss, cancellationToken);
            }

            var age = Age(parts, now);
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
            var parts = blocks.Find(request, Oldest(now));
            var age = Age(parts, now);
            if (age <= _staleUntil)
            {
                return hasWaited
                    ? new(parts, age, new(outcome, cache.FreshFor - age, isCollapsed ?? false))
                    : Hit(parts, age);
            }

            var needed = parts.MissingOrOlderThan(now - time.Ticks(_staleUntil)).ToList();
            var forecast = wait.For(needed);
            isCollapsed ??= forecast.IsCollapsed;
            if (changed.IsCompleted)
            {
                continue; // the blocks may have been stored after the lookup, before this reader was registered
            }

            var left = cache.WaitFor - time.GetElapsedTime(since, now);
            var isInVain = forecast.IsOverQuota || left <= TimeSpan.Zero || forecast.Expected > left;
            if (parts.DepartedAt is not null)
            {
                if (isInVain || forecast.Failure is not null)
                {
                    return hasWaited
                        ? new(parts, age,
                            new(CacheOutcome.Stale, cache.FreshFor - age, isCollapsed.Value, ReadFailure.ProblemOf(forecast.Failure).Slug))
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
        new(parts, age, new(CacheOutcome.Hit, cache.FreshFor - age, Detail: failure is null ? null : ReadFailure.ProblemOf(failure).Slug));

    private static ReadFailure Refuse(WaitForecast forecast)
    {
        var hasNoTurn = forecast.Expected == TimeSpan.MaxValue; // until Redis is back
        var after = hasNoTurn ? UsedAgainWithin : forecast.Expected;
        return forecast switch
        {
            { IsOverQuota: true } => new(
                AccessProblems.CallerQuota,
                "This caller already waits for the maximum number of parts of the list (Quota:ColdBlocks).",
                after),
            { Failure: { } failure } => new(
                ReadFailure.ProblemOf(failure),
                failure.Detail,
                ReadFailure.ProblemOf(failure).Status == StatusCodes.Status503ServiceUnavailable ? after : null),
            { IsOverdue: true } => new(
                UpstreamProblems.UpstreamTimeout,
                "This part of the list has been requested from NCLUE, which has not responded yet.",
                null),
            _ when hasNoTurn => new(
                UpstreamProblems.UpstreamBusy,
                "Redis is unavailable, and without it this replica may not send requests to NCLUE.",
                after),
            _ => new(
                UpstreamProblems.UpstreamBusy,
                "This part of the list has not been fetched yet; other parts are before it in the queue.",
                after),
        };
    }

    private TimeSpan Age(PageSlices parts, long now) =>
        parts.DepartedAt is { } departedAt ? time.GetElapsedTime(departedAt, now) : TimeSpan.MaxValue;

    /// <summary>Returns the earliest departure of a copy that may still be served, as a timestamp.</summary>
    private long Oldest(long now) => now - time.Ticks(cache.KeepFor);

    private async Task WaitAsync(Task changed, TimeSpan left, CancellationToken cancellationToken)
    {
        await time.WaitAsync(changed, left, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
