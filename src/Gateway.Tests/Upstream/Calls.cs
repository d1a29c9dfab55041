using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream;

internal static class Calls
{
    /// <summary>Advances the clock in small steps until <paramref name="task"/> has completed.</summary>
    /// <param name="gateway">The gateway that uses the clock.</param>
    /// <param name="task">The task.</param>
    /// <param name="upstream">The upstream that is called in place of the simulated one.</param>
    /// <param name="hasArrived">True if the upstream has already received the request that is in flight.</param>
    public static async Task<T> WhileTimePassesAsync<T>(
        this GatewayHost gateway, Task<T> task, RawUpstream? upstream = null, bool hasArrived = false)
    {
        await gateway.LetTimePassUntilAsync(() => task.IsCompleted, upstream, hasArrived);
        return await task;
    }

    /// <summary>Advances the clock in small steps until a condition is met.</summary>
    /// <param name="gateway">The gateway that uses the clock.</param>
    /// <param name="isSo">Returns true once the condition is met.</param>
    /// <param name="upstream">The upstream that is called in place of the simulated one.</param>
    /// <param name="hasArrived">True if the upstream has already received the request that is in flight.</param>
    public static async Task LetTimePassUntilAsync(
        this GatewayHost gateway, Func<bool> isSo, RawUpstream? upstream = null, bool hasArrived = false)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        var real = TimeProvider.System.GetTimestamp();
        var arrived = hasArrived ? -1 : Arrivals();
        await WaitUntilAsync(isSo, () =>
        {
            // On a busy machine the clock must not run ahead of a request in flight.
            var isUnderWay = refresher.Status.InFlight > 0 && Arrivals() == arrived;
            if (!isUnderWay || TimeProvider.System.GetElapsedTime(real) > TimeSpan.FromMilliseconds(250))
            {
                arrived = refresher.Status.InFlight > 0 ? arrived : Arrivals();
                gateway.Clock.Advance(TimeSpan.FromMilliseconds(100));
                real = TimeProvider.System.GetTimestamp();
            }
        });

        int Arrivals() => upstream?.Requests.Count ?? gateway.Nclue.Arrivals.Count;
    }

    /// <summary>Waits until a condition is met, and performs a step at intervals.</summary>
    /// <remarks>The network uses the real clock, so each step leaves it some time.</remarks>
    public static async Task WaitUntilAsync(Func<bool> isSo, Action step)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
            if (!isSo())
            {
                step();
            }

            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException("The condition was not met within half a minute.");
            }
        }
    }

    /// <summary>Makes one request like those of the refresher, which makes none without readers.</summary>
    public static async Task<FetchResult> CallAsync(this GatewayHost gateway, int block = 0)
    {
        var permit = gateway.Services.GetRequiredService<RequestGate>().TryAcquire().ShouldNotBeNull();
        try
        {
            return await gateway.Services.GetRequiredService<IBlockFetcher>().GetBlockAsync(block, permit);
        }
        finally
        {
            permit.Close();
        }
    }

    /// <summary>Starts a gateway in front of an upstream other than the simulated one.</summary>
    public static Task<GatewayHost> StartGatewayAsync(RawUpstream upstream) =>
        GatewayHost.StartAsync(settings: new Dictionary<string, string?> { ["Nclue:BaseAddress"] = upstream.BaseAddress.AbsoluteUri });
}
