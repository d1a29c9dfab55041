using NclueGateway.Mirror.Refresh;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.TaskRuns.Snapshot.Log;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Tests.Simulation;

/// <summary>A bug that is planted in the snapshot of a replica: in its log, or in what it takes in.</summary>
internal abstract class SnapshotBug
{
    /// <summary>True if it shows only when responses overtake each other often.</summary>
    public virtual bool NeedsOvertaking => false;

    /// <summary>Returns the log of a replica.</summary>
    public virtual ISnapshotLog Log(ISnapshotLog log, ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis) => log;

    /// <summary>Returns the replica's reader of the whole list.</summary>
    public virtual IWholeListReader Reader(SnapshotWriter reader, LatestLogPosition latest, ModelNclue nclue, ModelRedis redis) => reader;
}

/// <summary>A permit's <see cref="Permit.Since"/> is the log's position at the response, not at the grant.</summary>
internal sealed class SinceOfResponse : SnapshotBug
{
    public override bool NeedsOvertaking => true;

    public override IWholeListReader Reader(SnapshotWriter reader, LatestLogPosition latest, ModelNclue nclue, ModelRedis redis) =>
        new ReaderOfOtherPermits(reader, permit => new(permit.At, permit.Grant, _ => { }) { Since = latest.Current });
}

/// <summary>Ages are counted from the arrival of a response, not from the departure of its request.</summary>
internal sealed class AgeFromArrival : SnapshotBug
{
    public override IWholeListReader Reader(SnapshotWriter reader, LatestLogPosition latest, ModelNclue nclue, ModelRedis redis) =>
        new ReaderOfOtherPermits(reader, permit =>
        {
            nclue.Account!.Departed(redis.Clock);
            return new(permit.At, permit.Grant with { Time = redis.Clock }, _ => { }) { Since = permit.Since };
        });
}

/// <summary>A response counts for the age of the runs behind those that it held, where its runs stood before.</summary>
internal sealed class AgeOfUnheldRuns : SnapshotBug
{
    private const int TooMany = 20;

    public override ISnapshotLog Log(ISnapshotLog log, ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis) => new ChangedLog(
        log, changeEntry: (state, entry) =>
        {
            var roll = state.Roll.Apply(entry, state.Top.Number + 1);
            if (entry.Reading.Held is not [.., var last] held)
            {
                return entry;
            }

            var place = Math.Min(roll.Count - 1, roll.Find([last.Last])[last.Last] + TooMany);
            return entry with { Reading = entry.Reading with { Held = [.. held.SkipLast(1), last with { Last = roll.At(place).Run.Id }] } };
        });
}

/// <summary>The ids of removed runs are forgotten.</summary>
internal sealed class ForgottenRemovals : SnapshotBug
{
    public override bool NeedsOvertaking => true;

    public override ISnapshotLog Log(ISnapshotLog log, ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis) => new ChangedLog(
        log,
        changeState: state => state with
        {
            Roll = new(RollEntries.Of(state.Roll.From(0)), state.Roll.Version, state.Roll.HasGapAtHead, [], state.Roll.Traits),
        });
}

/// <summary>A replica that finds several new entries applies the last one only.</summary>
internal sealed class SkippedEntries : SnapshotBug
{
    public override ISnapshotLog Log(ISnapshotLog log, ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis) =>
        new LogWithoutChain(store, circuit, redis, skips: true);
}

/// <summary>Positions of the log are compared by number alone.</summary>
internal sealed class ChainNotCompared : SnapshotBug
{
    public override ISnapshotLog Log(ISnapshotLog log, ILogStore store, SnapshotLogCircuit circuit, ModelRedis redis) =>
        new LogWithoutChain(store, circuit, redis, skips: false);
}
