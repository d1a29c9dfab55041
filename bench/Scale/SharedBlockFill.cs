using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.Mirror.Blocks;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Scale;

/// <summary>
/// Writes blocks to Redis without requests to NCLUE, which would take a quarter of an hour at one request a second. It
/// runs the gateway's own code in this process, as for a response of NCLUE. The response comes directly from the
/// simulator.
/// </summary>
internal static class SharedBlockFill
{
    /// <summary>Writes the first blocks of an account.</summary>
    /// <param name="environment">Environment of the replicas that will read the blocks.</param>
    /// <param name="nclue">Simulated NCLUE with the account.</param>
    /// <param name="blocks">Number of blocks, starting with the first.</param>
    public static async Task RunAsync(IReadOnlyDictionary<string, string> environment, SimulatedNclue nclue, int blocks)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(environment.Select(
            setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)));
        builder.Configuration.AddInMemoryCollection([new("Serilog:MinimumLevel:Default", "Fatal")]); // standard output is for the results
        builder.WebHost.UseKestrelCore();
        builder.AddGateway();
        await using var app = builder.Build(); // never started: it serves no requests
        var pacer = app.Services.GetRequiredService<IUpstreamCoordinator>();
        var directory = app.Services.GetRequiredService<BlockDirectory>();
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

            // Redis runs on this machine and has the same clock.
            var (at, fetchedAt) = (time.GetTimestamp(), now.ToUnixTimeMilliseconds());
            var departure = new Permit(at, new PermitGrant(0, fetchedAt, at), closed: _ => { });
            var block = new TaskRunBlock(number, at, rows.Rows, fetchedAt);
            await shared.EndAsync(departure, number, block, hasResponse: true);
            for (var attempt = 0; directory.NewestOf(number) != fetchedAt; attempt++)
            {
                // The gateway waits for Redis only a moment and then continues without it.
                if (attempt == 20)
                {
                    throw new InvalidOperationException($"Redis did not store block {number}.");
                }

                await pacer.StartAsync();
                await shared.EndAsync(departure, number, block, hasResponse: true);
            }
        }
    }
}
