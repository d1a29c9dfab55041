using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Infrastructure;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>Watches the snapshots of replicas: each state that one of them publishes is compared with those of the others.</summary>
internal sealed class SnapshotWitness
{
    private readonly ConcurrentDictionary<(long Epoch, long Number), (ulong Chain, UInt128 Content)> _states = new();
    private readonly ConcurrentDictionary<GatewayHost, ConcurrentQueue<SnapshotStage>> _stages = new();

    /// <summary>Positions at which two replicas had different states.</summary>
    public ConcurrentQueue<string> Conflicts { get; } = [];

    /// <summary>Number of positions that were seen.</summary>
    public int Positions => _states.Count;

    /// <summary>The epochs that were seen.</summary>
    public IEnumerable<long> Epochs => _states.Keys.Select(state => state.Epoch).Where(epoch => epoch != 0).Distinct();

    /// <summary>Begins to watch a replica.</summary>
    public void Watch(GatewayHost gateway)
    {
        var writer = gateway.Snapshot();
        writer.Advanced += (_, _) => Look(gateway, writer.State);
        Look(gateway, writer.State);
    }

    /// <summary>Returns the stages of a replica's snapshot, each as often as it began.</summary>
    public IEnumerable<SnapshotStage> StagesOf(GatewayHost gateway)
    {
        var stages = _stages[gateway].ToArray();
        return stages.Where((stage, n) => n == 0 || stage != stages[n - 1]);
    }

    /// <summary>Returns a hash of all that callers could read from a state.</summary>
    public static UInt128 ContentOf(Roll roll)
    {
        var hash = new XxHash128();
        hash.Append([roll.HasGapAtHead ? (byte)1 : (byte)0]);
        foreach (var entry in roll.From(0))
        {
            var value = entry.Run.Hash;
            hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value)));
            hash.Append([entry.HasGapBehind ? (byte)1 : (byte)0]);
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private void Look(GatewayHost gateway, SnapshotState state)
    {
        var seen = (state.Top.Chain, ContentOf(state.Roll));
        var known = _states.GetOrAdd((state.Top.Epoch, state.Top.Number), seen);
        if (known != seen)
        {
            Conflicts.Enqueue($"{state.Top}: {seen}, and {known} elsewhere");
        }

        _stages.GetOrAdd(gateway, _ => []).Enqueue(gateway.Snapshot().Status.State);
    }
}

/// <summary>The snapshot of a gateway.</summary>
internal static class SnapshotHosts
{
    public static SnapshotWriter Snapshot(this GatewayHost gateway) => gateway.Services.GetRequiredService<SnapshotWriter>();

    /// <summary>The newest complete version; null without one.</summary>
    public static SnapshotState? Shown(this GatewayHost gateway) =>
        gateway.Services.GetRequiredService<SnapshotVersions>().Shown?.State;

    /// <summary>Asks for the snapshot, as a question of a caller will.</summary>
    public static void AskForSnapshot(this GatewayHost gateway) => gateway.Services.GetRequiredService<SnapshotInterest>().Ask();

    /// <summary>Completes with the first complete version, or the first one of a number of runs.</summary>
    public static async Task<SnapshotState> UntilShownAsync(this GatewayHost gateway, int? runs = null)
    {
        var shown = new TaskCompletionSource<SnapshotState>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Snapshot().Advanced += Look;
        Look(null, EventArgs.Empty);
        try
        {
            return await shown.Task;
        }
        finally
        {
            gateway.Snapshot().Advanced -= Look;
        }

        void Look(object? sender, EventArgs e)
        {
            if (gateway.Shown() is { } state && state.Roll.Count == (runs ?? state.Roll.Count))
            {
                shown.TrySetResult(state);
            }
        }
    }
}
