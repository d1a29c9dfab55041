using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Upstream;

internal static class Calls
{
    /// <summary>Moves the clock on, a little at a time, until <paramref name="task"/> is done.</summary>
    public static async Task<T> WhileTimePassesAsync<T>(this GatewayHost gateway, Task<T> task, RawUpstream? upstream = null)
    {
        await gateway.LetTimePassUntilAsync(() => task.IsCompleted, upstream);
        return await task;
    }

    /// <summary>Moves the clock on, a little at a time, until something is so.</summary>
    /// <param name="gateway">The gateway whose clock it is.</param>
    /// <param name="isSo">Whether time has passed for long enough.</param>
    /// <param name="upstream">The upstream that is called in place of the simulated one.</param>
    public static async Task LetTimePassUntilAsync(this GatewayHost gateway, Func<bool> isSo, RawUpstream? upstream = null)
    {
        var refresher = gateway.Services.GetRequiredService<Refresher>();
        var real = TimeProvider.System.GetTimestamp();
        var arrived = Arrivals();
        await WaitUntilAsync(isSo, () =>
        {
            // A busy machine must not make the clock run away from a call that is on its way.
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

    /// <summary>Waits until something is so, and does something now and then.</summary>
    /// <remarks>The network goes by the real clock, so each step leaves it some.</remarks>
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
                throw new TimeoutException("It is not so after half a minute.");
            }
        }
    }

    /// <summary>Makes one call as the refresher does, which does nothing while nobody reads.</summary>
    public static async Task<FetchResult> CallAsync(this GatewayHost gateway, int block = 0)
    {
        var departure = gateway.Services.GetRequiredService<RequestGate>().TryAcquire().ShouldNotBeNull();
        try
        {
            return await gateway.Services.GetRequiredService<IBlockFetcher>().GetBlockAsync(block, departure);
        }
        finally
        {
            departure.Close();
        }
    }

    /// <summary>A gateway in front of an upstream other than the simulated one.</summary>
    public static Task<GatewayHost> StartGatewayAsync(RawUpstream upstream) =>
        GatewayHost.StartAsync(settings: new Dictionary<string, string?> { ["Nclue:BaseAddress"] = upstream.BaseAddress.AbsoluteUri });
}
