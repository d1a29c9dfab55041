using NclueGateway.Access.Callers;
using NclueGateway.Mirror.Blocks;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.Tests.Simulation;

/// <summary>
/// A caller that reads one page after another, from one replica as long as that is alive, and retries after a refusal.
/// </summary>
internal sealed class Caller(RandomSchedule schedule, int number)
{
    private readonly CallerKey _identity = new("client", $"caller-{number}");
    private SimulatedReplica? _replica;
    private int _reads;
    private List<int> _blocks = [];

    /// <summary>Reads the next page, from a replica that is alive.</summary>
    public void Read()
    {
        if (_replica is not { Process.IsAlive: true, IsStopping: false })
        {
            _replica = schedule.PickReplica(number);
        }

        if (_replica is not { } replica)
        {
            schedule.World.After(TimeSpan.FromMilliseconds(200), Read);
            return;
        }

        var read = ++_reads;
        var page = NextPage();
        replica.Process.Run(() => _ = ReadAsync(replica, page, read));

        // A caller notices a broken connection, and a missing response counts as a failure.
        schedule.World.After(schedule.LongestWait, () => Miss(replica, page, read, schedule.World.Now - schedule.LongestWait.Ticks));
    }

    /// <summary>Reads from another replica, because the current one is gone.</summary>
    public void Reconnect(SimulatedReplica gone)
    {
        if (_replica == gone)
        {
            _reads++;
            Read();
        }
    }

    private async Task ReadAsync(SimulatedReplica replica, PageRequest page, int read)
    {
        var since = schedule.World.Now;
        ReadResult reading;
        try
        {
            reading = await replica.Reader.ReadAsync(page, _identity, CancellationToken.None);
        }
        catch (Exception failure)
        {
            schedule.World.Fail(failure);
            return;
        }

        if (read != _reads)
        {
            return; // the caller reads from another replica by now
        }

        schedule.Invariants.Check(replica, page, reading, since);
        _reads++;
        var pause = reading.Refusal is { } refusal
            // Whole seconds, as in the header.
            ? TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(refusal.RetryAfter?.TotalSeconds ?? 1), 1, 3))
            : schedule.World.Between(100, schedule.List is null ? 600 : 3_000); // a list is not about the readers of pages
        schedule.World.After(pause, Read);
    }

    private void Miss(SimulatedReplica replica, PageRequest page, int read, long since)
    {
        if (read == _reads && replica.Process.IsAlive)
        {
            schedule.World.Check(
                schedule.WasFrozen(replica, since),
                $"(c) a reader of {page} got no result within {schedule.LongestWait.TotalSeconds} s");
            _reads++;
            Read();
        }
    }

    /// <summary>Returns the next page: every block is read repeatedly.</summary>
    private PageRequest NextPage()
    {
        if (_blocks.Count == 0)
        {
            _blocks = [.. Enumerable.Range(0, schedule.Nclue.Blocks).OrderBy(_ => schedule.World.Random.Next())];
        }

        var block = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
        return schedule.SpansBlocks && schedule.World.Chance(0.2)
            ? new PageRequest((TaskRunRows.Capacity * block) + 50, 100)
            : new PageRequest(TaskRunRows.Capacity * block, 20);
    }
}
