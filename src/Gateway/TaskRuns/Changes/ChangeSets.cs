using System.Collections.Concurrent;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// The changes after each version that is kept. Those of one version are computed once, and shared by all readers. When all take more than
/// <see cref="MaxBytes"/>, the oldest are evicted and computed again for late readers.
/// </summary>
internal sealed class ChangeSets(SnapshotVersions versions)
{
    /// <summary>Maximum memory of change sets, in bytes.</summary>
    public const long MaxBytes = 32 * 1024 * 1024;

    /// <summary>Approximate memory of a step that is a reset, in bytes.</summary>
    private const int ResetBytes = 200;

    private readonly ConcurrentDictionary<(SnapshotVersion Before, SnapshotVersion After), Lazy<ChangeSet?>> _sets = new();
    private readonly Queue<((SnapshotVersion, SnapshotVersion) Key, int Bytes)> _computed = [];
    private readonly Lock _gate = new();
    private readonly Lock _preparation = new();
    private long _bytes;
    private SnapshotVersion _prepared;

    /// <summary>Number of change sets in memory.</summary>
    public int Count => _sets.Count;

    /// <summary>Returns the step from a version to the next one.</summary>
    public ChangeStep After(SnapshotVersion position)
    {
        var kept = versions.From(position);
        return kept.Length switch
        {
            0 => ChangeStep.Reset,
            1 => kept[0].IsComplete ? ChangeStep.None : ChangeStep.Reset,
            _ => Between(kept[0], kept[1]) is { } set ? new(IsReset: false, set) : ChangeStep.Reset,
        };
    }

    /// <summary>Computes the newest changes before their readers wake, so that no reader waits while another one computes them.</summary>
    /// <returns>The changes since the last call, by version.</returns>
    public IReadOnlyList<ChangeSet> Prepare()
    {
        lock (_preparation)
        {
            var prepared = new List<ChangeSet>();
            while (After(_prepared).Changes is { } next)
            {
                _prepared = next.Version;
                prepared.Add(next);
            }

            _prepared = versions.Shown?.Version ?? _prepared;
            return prepared;
        }
    }

    /// <summary>Leaves out the newest changes, because no reader waits for them. One that asks later has them computed.</summary>
    public void Skip()
    {
        lock (_preparation)
        {
            _prepared = versions.Shown?.Version ?? _prepared;
        }
    }

    private ChangeSet? Between(ReadableSnapshot before, ReadableSnapshot after)
    {
        // Nearly all readers find the set. No closure is allocated for them.
        return _sets.TryGetValue((before.Version, after.Version), out var known) ? known.Value : Compute(before, after);
    }

    private ChangeSet? Compute(ReadableSnapshot before, ReadableSnapshot after)
    {
        var key = (before.Version, after.Version);
        return _sets.GetOrAdd(key, _ => new(() =>
        {
            var set = ChangeSet.Of(before, after);
            Record(key, set?.Bytes ?? ResetBytes);
            return set;
        })).Value;
    }

    private void Record((SnapshotVersion, SnapshotVersion) key, int bytes)
    {
        lock (_gate)
        {
            _computed.Enqueue((key, bytes));
            _bytes += bytes;
            while (_bytes > MaxBytes && _computed.Count > 1)
            {
                var oldest = _computed.Dequeue();
                _bytes -= oldest.Bytes;
                _sets.TryRemove(oldest.Key, out _);
            }
        }
    }
}

/// <summary>The step from one version to the next.</summary>
/// <param name="IsReset">True if no changes lead on from the version: the list must be read again.</param>
/// <param name="Changes">The changes; null for a reset, and if the version is the newest.</param>
internal readonly record struct ChangeStep(bool IsReset, ChangeSet? Changes)
{
    /// <summary>The version is the newest.</summary>
    public static readonly ChangeStep None = new(IsReset: false, null);

    /// <summary>No changes lead on from the version.</summary>
    public static readonly ChangeStep Reset = new(IsReset: true, null);
}
