using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.TaskRuns.Snapshot.Log;

/// <summary>A replica that no caller asks: a test appends to the log in its place.</summary>
internal static class SilentReplica
{
    /// <summary>Appends new names of the first run to the log, and returns the newest position.</summary>
    public static async Task<LogPosition> AppendNamesAsync(this GatewayHost silent, int times)
    {
        var log = silent.Services.GetRequiredService<ISnapshotLog>();
        var state = (await log.ReadAsync(SnapshotState.Empty))![^1];
        for (var name = 0; name < times;)
        {
            var run = LogExamples.Run(state.Roll.At(0).Run.Id, $"run-000000 {state.Top.Number} {name}", isFinished: true);
            var reading = new RollReading(state.Roll.Traits.HeadReadAt, state.Top.Number, IsHead: false, IsEnd: false, Held: []);
            if (await log.AppendAsync(state, new(reading, new(Splice: null, Rows: [run]))) is { } next)
            {
                state = next;
                name++;
                await log.CheckpointAsync(state);
            }
            else
            {
                state = (await log.ReadAsync(state))![^1];
            }
        }

        return state.Version;
    }
}
