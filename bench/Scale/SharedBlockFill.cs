using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Nclue.Pacing;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns;

namespace NclueGateway.Scale;

/// <summary>
/// Puts blocks into Redis without asking NCLUE for them, which at one request a second would take a quarter of an hour. They are made and written by
/// the gateway's own code, in this process: what it does with an answer of NCLUE, except that the answer comes from the simulator directly.
/// </summary>
internal static class SharedBlockFill
{
    /// <param name="environment">That of the replicas that are to read them.</param>
    /// <param name="nclue">Whose runs they are.</param>
    /// <param name="blocks">How many, from the first on.</param>
    public static async Task RunAsync(IReadOnlyDictionary<string, string> environment, SimulatedNclue nclue, int blocks)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(environment.Select(
            setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)));
        builder.Configuration.AddInMemoryCollection([new("Serilog:MinimumLevel:Default", "Fatal")]); // standard output is for the results
        builder.WebHost.UseKestrelCore();
        builder.AddGateway();
        await using var app = builder.Build(); // never started: nobody reads here
        var (pacer, directory) = (app.Services.GetRequiredService<IPacer>(), app.Services.GetRequiredService<BlockDirectory>());
        await pacer.StartAsync();
        var (normalizer, shared) = (app.Services.GetRequiredService<TaskRunNormalizer>(), app.Services.GetRequiredService<ISharedBlocks>());
        var time = app.Services.GetRequiredService<TimeProvider>();
        for (var number = 0; number < blocks; number++)
        {
            var now = time.GetUtcNow();
            var answer = SimulatedTaskRunList.Write(
                (long)number * TaskRunRows.Capacity, TaskRunRows.Capacity, nclue.Runs, nclue.IndexUnit, nclue.TotalCounts, now);
            if (!normalizer.TryNormalize(answer, out var rows, out var error))
            {
                throw new InvalidOperationException(error);
            }

            // Redis is on this machine and has the same clock.
            var (at, fetchedAt) = (time.GetTimestamp(), now.ToUnixTimeMilliseconds());
            var departure = new Departure(at, new Grant(0, fetchedAt, at), closed: _ => { });
            var block = new TaskRunBlock(number, at, rows.Rows, fetchedAt);
            await shared.EndAsync(departure, number, block, isAnswered: true);
            for (var attempt = 0; directory.NewestOf(number) != fetchedAt; attempt++)
            {
                // A gateway waits for Redis no longer than a moment, and goes on without.
                if (attempt == 20)
                {
                    throw new InvalidOperationException($"Redis does not take block {number}.");
                }

                await pacer.StartAsync();
                await shared.EndAsync(departure, number, block, isAnswered: true);
            }
        }
    }
}
