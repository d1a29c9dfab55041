using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Refresh;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>Methods that advance a gateway's clock while it works.</summary>
internal static class GatewayHostDriving
{
    /// <summary>
    /// Reads a page, and advances the clock to further permits until the page is returned or the read is rejected.
    /// </summary>
    public static async Task<PageResponse> ReadPatientlyAsync(this GatewayHost gateway, int index = 0, int limit = 20)
    {
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var response = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index, limit));
            if (response.Status != HttpStatusCode.ServiceUnavailable)
            {
                return response;
            }
        }

        throw new InvalidOperationException("The page never came.");
    }

    /// <summary>Lets one permit after the other become available until a task has completed.</summary>
    public static async Task<T> LetDepartUntilAsync<T>(this GatewayHost gateway, Task<T> task)
    {
        while (!task.IsCompleted)
        {
            var arrived = gateway.Nclue.Arrivals.Count;
            gateway.AdvanceOneInterval();

            // The clock must not run ahead of the gateway, and must not stop while the task needs one more interval.
            await ForAMoment(Task.WhenAny(task, gateway.Nclue.WaitForArrivalsAsync(arrived + 1, TestContext.Current.CancellationToken)));
            await ForAMoment(gateway.UntilNoneInFlightAsync());
            await ForAMoment(gateway.UntilTakenInAsync());
        }

        return await task;
    }

    /// <summary>Reads a page again and again, without letting time pass, until the response is as expected.</summary>
    public static async Task<PageResponse> ReadUntilAsync(
        this GatewayHost gateway, Predicate<PageResponse> isAsExpected, int index = 0, int limit = 20)
    {
        PageResponse response;
        var left = 2_000;
        do
        {
            response = await gateway.ReadAsync(index, limit);
        }
        while (!isAsExpected(response) && left-- > 0);

        left.ShouldBeGreaterThan(0, response.Text[..Math.Min(300, response.Text.Length)] + "\n" + string.Join('\n', response.Headers));
        return response;
    }

    /// <summary>Waits until the gateway has processed every response that the upstream has sent so far.</summary>
    public static async Task UntilNoneInFlightAsync(this GatewayHost gateway)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        while (true)
        {
            var changed = refresher.Waits.Changed;
            if (refresher.Status.InFlight == 0)
            {
                return;
            }

            await changed.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Waits until the snapshot has taken in the responses. The first one takes as long as many intervals of the fake clock, because its
    /// code is compiled.
    /// </summary>
    private static Task UntilTakenInAsync(this GatewayHost gateway) =>
        gateway.Services.GetRequiredService<SnapshotInterest>().IsActive ? gateway.Snapshot().ReadLogAsync() : Task.CompletedTask;

    /// <summary>Waits until the gateway has noticed that the upstream fails, or that it still fails after a new attempt.</summary>
    public static async Task UntilFailingAsync(this GatewayHost gateway)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        await SoonAsync(() => refresher.Status.Failure is not null);
    }

    /// <summary>Waits until callers wait for a number of blocks; a block that two callers wait for counts twice.</summary>
    public static async Task UntilWaitingAsync(this GatewayHost gateway, int blocks)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        await SoonAsync(() => refresher.Status.Waits >= blocks);
    }

    /// <summary>Follows <c>next</c> from the first page to the end of the list.</summary>
    public static async Task<List<PageResponse>> CrawlAsync(this GatewayHost gateway, int limit)
    {
        var pages = new List<PageResponse>();
        for (int? index = 0; index is not null && pages.Count < 200; index = pages[^1].NextIndex)
        {
            pages.Add(await gateway.ReadPatientlyAsync(index.Value, limit));
        }

        return pages;
    }

    /// <summary>
    /// Waits for a condition without advancing the gateway's clock; fails after a minute of real time.
    /// </summary>
    private static async Task SoonAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }
    }

    private static async Task ForAMoment(Task task) => await task
        .WaitAsync(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken)
        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
