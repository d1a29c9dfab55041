using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Changes;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>Gateways whose list changes while callers listen.</summary>
internal static class ChangeHosts
{
    private static readonly DateTimeOffset Created = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Returns a completed run.</summary>
    public static ListedRun Run(string id) => new(id) { Name = $"name of {id}", CreatedAt = ListedRun.At(Created) };

    /// <summary>Gives the upstream another list, and waits until the gateway has it.</summary>
    public static async Task ChangeListAsync(this GatewayHost gateway, IReadOnlyList<ListedRun> runs)
    {
        gateway.Nclue.Rows = [.. runs.Select(run => run.Row)];
        await gateway.LetDepartUntilAsync(state =>
            state.Roll.IsComplete && state.Roll.From(0).Select(entry => entry.Run.Id).SequenceEqual(runs.Select(run => run.Id)));
    }

    /// <summary>Waits until a number of streams and waiting polls are open.</summary>
    public static async Task UntilOpenAsync(this GatewayHost gateway, int count)
    {
        var streams = gateway.Services.GetRequiredService<OpenStreams>();
        var began = TimeProvider.System.GetTimestamp();
        while (streams.Count != count)
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(30), $"{streams.Count} are open");
            await Task.Yield();
        }
    }

    /// <summary>
    /// Lets time pass until a task has completed, in steps that are shorter than the gateway's patience with a reader that does not read.
    /// </summary>
    public static async Task<T> LetPassUntilAsync<T>(this GatewayHost gateway, Task<T> task)
    {
        while (!task.IsCompleted)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(2));
            await ((Task)task)
                .WaitAsync(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await task;
    }
}
