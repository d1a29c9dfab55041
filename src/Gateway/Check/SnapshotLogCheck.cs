using NclueGateway.Redis;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream;

namespace NclueGateway.Check;

/// <summary>
/// Checks that this Redis user can read and write the log of the snapshot. The log itself is only read: a key beside it, which expires at
/// once, is written with the log's own commands.
/// </summary>
/// <param name="options">The address of Redis.</param>
/// <param name="nclue">The settings that name the log.</param>
/// <param name="log">The log.</param>
/// <param name="circuit">The circuit of the log, which names the reason of a failure.</param>
internal sealed class SnapshotLogCheck(ConnectionStringOptions options, NclueOptions nclue, ILogStore log, SnapshotLogCircuit circuit)
{
    private const string Name = CheckReport.RedisLog;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    public async Task<Finding> RunAsync()
    {
        try
        {
            var head = new LogHead(await circuit.ReadAsync(() => log.GetAsync(LogHead.Names)));
            await WriteAsync();
            return Finding.Fine(Name, head.Position is null
                ? "This Redis user can read and write it. There is none yet."
                : "This Redis user can read and write it.");
        }
        catch (RedisAwayException)
        {
            var reason = circuit.State.Reason;
            return Finding.Failed(
                Name, $"It cannot be read and written ({reason}): the snapshot of all runs is not available. Pages are.", Advice(reason));
        }
    }

    private async Task WriteAsync()
    {
        await using var probe = new RedisLogStore(
            new RedisConnection(options, "-check"), $"{SnapshotLogExtensions.LogKey(nclue)}:check", Lifetime);
        var before = new LogHead(await circuit.ReadAsync(() => probe.GetAsync(LogHead.Names)));
        var piece = "check"u8.ToArray();
        var id = Checkpoint.IdOf([piece]);
        var checkpoint = new Checkpoint(id, new(1, 0, id), new(1, 0, id), 1, piece.Length, 1);
        await circuit.WriteAsync(
            async () =>
            {
                var head = LogHead.Of(checkpoint.Top);
                await probe.TryWriteAsync(before.Fields, head); // first, because the client itself refuses a piece without a primary
                await probe.SetPieceAsync(new(Checkpoint.NameOf(id, 0), piece));
                await probe.GetTimeAsync();
                return await probe.TryWriteAsync(head, [LogHead.Of([checkpoint])]);
            },
            SnapshotLogCircuit.Patience);
    }

    private string Advice(string reason) => reason switch
    {
        "NOPERM" =>
            "Give the user of ConnectionStrings:Redis the rights that docs/configuration.md lists, for all keys that begin with {nclue:.",
        "WRONGTYPE" =>
            $"Another program has written the key {SnapshotLogExtensions.LogKey(nclue)}: delete it. A gateway begins the log anew.",
        "READONLY" => "This is a replica of Redis: connect to its primary.",
        "OOM" => "Redis is full: give it more memory. docs/configuration.md says how much the log needs.",
        _ => "Run the check again. If it fails again, look at Redis' own log.",
    };
}
