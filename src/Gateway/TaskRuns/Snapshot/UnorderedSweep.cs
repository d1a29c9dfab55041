using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Reads a list whose order changes between responses, from the first row to the last, again and again. A run that two whole passes did not
/// meet is gone. The list is complete once two passes agree.
/// </summary>
internal sealed class UnorderedSweep
{
    private Pass? _pass;
    private Pass? _before;
    private int _nextRow;

    /// <summary>Departure of the first request of the last whole pass; null before one.</summary>
    public long? PassedAt => _before?.Departure;

    /// <summary>True if the next request begins a pass.</summary>
    public bool IsAtStart => _nextRow == 0;

    /// <summary>The block or window to read next.</summary>
    public int NextNumber => SnapshotPlan.NumberAt(_nextRow);

    /// <summary>Takes in a response. Returns the result of two passes, when it ends the second one.</summary>
    /// <param name="number">The block or window that was requested.</param>
    /// <param name="window">Its rows.</param>
    /// <param name="response">The response.</param>
    /// <param name="roll">The roll after it.</param>
    public SweepResult? Take(int number, RowWindow window, ListResponse response, Roll roll)
    {
        if (number != NextNumber)
        {
            return null;
        }

        _pass = IsAtStart || _pass is null ? new(response.Departure, response.Since, []) : _pass;
        _pass.Met.UnionWith(response.Slots.OfType<SnapshotRun>().Select(run => run.Id));
        _nextRow = response.IsShort ? 0 : window.FirstRow + window.Limit - SnapshotPlan.Overlap;
        if (!response.IsShort)
        {
            return null;
        }

        var (before, pass) = (_before, _pass);
        _before = pass;
        if (before is null)
        {
            return null;
        }

        var old = roll.From(0).Where(entry => entry.FirstHeld <= before.Since).Select(entry => entry.Run.Id).ToList();
        var gone = old.Where(id => !before.Met.Contains(id) && !pass.Met.Contains(id)).ToList();
        var isComplete = old.Except(gone).All(id => before.Met.Contains(id) && pass.Met.Contains(id));
        return new(gone, isComplete, before.Departure);
    }

    /// <summary>One pass over all rows.</summary>
    /// <param name="Departure">Departure of its first request.</param>
    /// <param name="Since">The newest log entry when that request was permitted.</param>
    /// <param name="Met">The ids that it has met.</param>
    private sealed record Pass(long Departure, long Since, HashSet<string> Met);
}
