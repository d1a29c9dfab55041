using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Refresh;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>Ways to let a gateway's clock pass while it works.</summary>
internal static class GatewayHostDriving
{
    /// <summary>Reads a page and lets departures open until it is there; comes back when it is sent away.</summary>
    public static async Task<PageAnswer> ReadPatientlyAsync(this GatewayHost gateway, int index = 0, int limit = 20)
    {
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var answer = await gateway.LetDepartUntilAsync(gateway.ReadAsync(index, limit));
            if (answer.Status != HttpStatusCode.ServiceUnavailable)
            {
                return answer;
            }
        }

        throw new InvalidOperationException("The page never came.");
    }

    /// <summary>Opens one departure after the other until a task has ended.</summary>
    public static async Task<T> LetDepartUntilAsync<T>(this GatewayHost gateway, Task<T> task)
    {
        while (!task.IsCompleted)
        {
            var arrived = gateway.Nclue.Arrivals.Count;
            gateway.AdvanceOneInterval();

            // Time must not run away from the gateway, nor wait for what needs one more interval of it.
            await ForAMoment(Task.WhenAny(task, gateway.Nclue.WaitForArrivalsAsync(arrived + 1, TestContext.Current.CancellationToken)));
            await ForAMoment(gateway.UntilAnsweredAsync());
        }

        return await task;
    }

    /// <summary>Reads a page again and again, without letting time pass, until an answer is as it should be.</summary>
    public static async Task<PageAnswer> ReadUntilAsync(this GatewayHost gateway, Predicate<PageAnswer> isAsExpected, int index = 0, int limit = 20)
    {
        PageAnswer answer;
        var left = 2_000;
        do
        {
            answer = await gateway.ReadAsync(index, limit);
        }
        while (!isAsExpected(answer) && left-- > 0);

        left.ShouldBeGreaterThan(0, answer.Text[..Math.Min(300, answer.Text.Length)] + "\n" + string.Join('\n', answer.Headers));
        return answer;
    }

    /// <summary>Waits until the gateway has taken in every answer that the upstream has sent so far.</summary>
    public static async Task UntilAnsweredAsync(this GatewayHost gateway)
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

    /// <summary>Waits until the gateway knows that the upstream fails, or after a new attempt that it still does.</summary>
    public static async Task UntilFailingAsync(this GatewayHost gateway)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        await SoonAsync(() => refresher.Status.Failure is not null);
    }

    /// <summary>Waits until callers wait for so many blocks; one that two callers wait for counts twice.</summary>
    public static async Task UntilWaitingAsync(this GatewayHost gateway, int blocks)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        await SoonAsync(() => refresher.Status.Waits >= blocks);
    }

    /// <summary>Follows <c>next</c> from the first page to the end of the list.</summary>
    public static async Task<List<PageAnswer>> CrawlAsync(this GatewayHost gateway, int limit)
    {
        var pages = new List<PageAnswer>();
        for (int? index = 0; index is not null && pages.Count < 200; index = pages[^1].NextIndex)
        {
            pages.Add(await gateway.ReadPatientlyAsync(index.Value, limit));
        }

        return pages;
    }

    /// <summary>Waits for what takes no time by the gateway's clock; a minute of the real one is too long even on a busy machine.</summary>
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
