using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>The invariants of the snapshot, checked with each state that a replica publishes.</summary>
internal sealed class SnapshotInvariants(World world, ModelAccount account)
{
    private readonly Dictionary<LogPosition, UInt128> _states = [];
    private readonly HashSet<(LogPosition Before, LogPosition After)> _steps = [];
    private readonly HashSet<(LogPosition State, long ReadAt)> _ages = [];
    private readonly Dictionary<string, LogPosition> _removals = [];
    private readonly XxHash128 _hash = new();

    /// <summary>Number of states that were checked.</summary>
    public int Checked { get; private set; }

    /// <summary>
    /// Checks the next state of a replica. A step that another replica has made before is not checked again: the states are equal, and
    /// what a step must agree with only becomes less, since runs that are gone never come back.
    /// </summary>
    public void Check(SnapshotState before, SnapshotState after, ReadableSnapshot? shown)
    {
        Checked++;
        var digest = Digest(after.Roll);
        Require(_states.TryAdd(after.Top, digest) || _states[after.Top] == digest, $"I4: two states at {after.Top}");
        if (_steps.Add((before.Top, after.Top)))
        {
            CheckStep(before, after);
        }

        if (shown is not null && _ages.Add((shown.State.Top, shown.ReadAt)))
        {
            CheckAge(shown);
        }
    }

    /// <summary>Checks that a version is the account's list, once that has been quiet for a sweep.</summary>
    public void CheckQuiet(SnapshotState? shown, string replica)
    {
        var ids = shown?.Roll.From(0).Select(entry => (entry.Run.Id, Name(entry))).ToList();
        var expected = account.Runs.Select(run => (run.Id, Name: run.Version)).ToList();
        world.Check(
            ids is not null && ids.SequenceEqual(expected),
            $"I7: {replica} shows {ids?.Count} of {expected.Count} runs; missing {string.Join(' ', expected.Except(ids ?? []).Take(5))}, "
            + $"too many {string.Join(' ', (ids ?? []).Except(expected).Take(5))}");
    }

    private void CheckStep(SnapshotState before, SnapshotState after)
    {
        var roll = after.Roll;
        var places = new Dictionary<string, int>(roll.Count);
        var isOneLog = after.Includes(before.Top);
        foreach (var (place, entry) in roll.From(0).Index())
        {
            Require(places.TryAdd(entry.Run.Id, place), $"a run stands twice");
            if (!isOneLog || entry.Version > before.Top.Number)
            {
                Require(account.WasSent(entry.Run.Hash), $"I1: a value that the upstream never sent");
            }
        }

        var isUnordered = roll.Traits.Order == ListOrder.Unordered;
        if (isOneLog && !isUnordered)
        {
            CheckRemovals(before, after, places);
        }

        var (edgeReadAt, isWhole, last) = (account.TimeOfEdge(roll.Traits), roll.IsComplete && !isUnordered, -1);
        foreach (var run in account.Runs)
        {
            if (places.TryGetValue(run.Id, out var place))
            {
                Require(!account.KeepsOrder || place > last, $"I5: runs stand in another order");
                last = place;
            }
            else if (isWhole)
            {
                Require(run.WasHole || run.CreatedAt >= edgeReadAt, $"I3: {run.Id} is missing although the edge was read since");
            }
        }
    }

    /// <summary>Checks that only runs are removed that do not exist, so that every older response that holds one is out of date.</summary>
    private void CheckRemovals(SnapshotState before, SnapshotState after, Dictionary<string, int> places)
    {
        var ids = before.Roll.From(0).Select(entry => entry.Run.Id).ToHashSet();
        foreach (var id in ids.Where(id => !places.ContainsKey(id)))
        {
            Require(!account.Exists(id), $"I2: {id} was removed and exists");
            _removals[id] = after.Top;
        }

        foreach (var id in places.Keys.Where(id => !ids.Contains(id)))
        {
            Require(
                !_removals.TryGetValue(id, out var removal) || !before.Includes(removal),
                $"I6: {id} was removed and came back from an older response");
        }
    }

    private void CheckAge(ReadableSnapshot shown)
    {
        // Departures of one order by Redis' clock may be of another one by the true time. So each part is compared with its own departure;
        // the stated age is of the earliest one by Redis' clock, which is before each of them.
        var traits = shown.State.Roll.Traits;
        var edgeReadAt = account.TimeOfEdge(traits);
        Require(shown.ReadAt <= traits.EdgeReadAt, $"I8: the stated age is later than the edge's, {traits.EdgeReadAt}");
        var entries = shown.State.Roll.From(0).ToList();
        foreach (var entry in entries.Where(entry => !entry.Run.IsFinished))
        {
            var run = account[entry.Run.Id];
            Require(shown.ReadAt <= entry.LastHeld, $"I8: the stated age is later than that of {run.Id}");
            Require(
                run.EndOf(Name(entry)) >= account.TimeOf(entry.LastHeld), $"I8: the state of {run.Id} had changed before the stated age");
        }

        var ids = entries.Select(entry => entry.Run.Id).ToHashSet();
        foreach (var run in account.Runs)
        {
            Require(
                ids.Contains(run.Id) || run.WasHole || run.CreatedAt >= edgeReadAt, $"I8: {run.Id} was created before the stated age");
        }
    }

    private void Require(bool isSo, [InterpolatedStringHandlerArgument(nameof(isSo))] TextIfRead invariant) =>
        world.Check(isSo, invariant);

    private static string Name(RollEntry entry) => entry.Run.Columns.FoldedName()!;

    private UInt128 Digest(Roll roll)
    {
        foreach (var entry in roll.From(0))
        {
            Span<long> values =
            [
                (long)(ulong)entry.Run.Hash, entry.FirstHeld, entry.Departure, entry.Version, entry.LastHeld,
                entry.HasGapBehind ? 1 : 0, entry.HolesBehind,
            ];
            _hash.Append(MemoryMarshal.AsBytes(values));
        }

        foreach (var (id, removal) in roll.Removed.OrderBy(removal => removal.Key, StringComparer.Ordinal))
        {
            Span<long> values = [removal.Version, removal.Departure];
            _hash.Append(MemoryMarshal.AsBytes(id.AsSpan()));
            _hash.Append(MemoryMarshal.AsBytes(values));
        }

        _hash.Append(MemoryMarshal.AsBytes($"{roll.Version} {roll.HasGapAtHead} {roll.Traits}".AsSpan()));
        var digest = _hash.GetCurrentHashAsUInt128();
        _hash.Reset();
        return digest;
    }
}
