namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>Builds the part of a roll that a response covers, from left to right.</summary>
internal sealed class RollRange
{
    private readonly List<Placement> _placed;
    private int _left;
    private int _next;
    private int _kept;

    /// <param name="roll">The roll before the response.</param>
    /// <param name="left">Place of the run before the range; −1 for the head of the roll.</param>
    public RollRange(Roll roll, int left)
    {
        Roll = roll;
        _left = left;
        _next = left + 1;
        _placed = [MarkAt(left)];
    }

    public Roll Roll { get; }

    /// <summary>Keeps the next run and the gap mark behind it.</summary>
    public void Keep() => KeepOnly(_ => true, _next + 1);

    /// <summary>Keeps those of the next runs that stay, up to a place, and drops the others.</summary>
    /// <param name="stays">Returns true for a run that stays.</param>
    /// <param name="to">The place of the first run that is not read.</param>
    /// <param name="hasGaps">False if no unknown run stands between them.</param>
    /// <returns>The number of runs that stay.</returns>
    public int KeepOnly(Func<RollEntry, bool> stays, int to, bool hasGaps = true)
    {
        var count = 0;
        foreach (var entry in Roll.From(_next).Take(to - _next))
        {
            if (stays(entry))
            {
                _placed.Add(new(entry.Run.Id, hasGaps && entry.HasGapBehind));
                count++;
            }
            else if (hasGaps && entry.HasGapBehind)
            {
                MarkGap(true); // the gap behind a run that is gone
            }
        }

        _next = to;
        _kept += count;
        return count;
    }

    /// <summary>Returns true if one of the next runs, up to a place, stays.</summary>
    public bool StaysAny(Func<RollEntry, bool> stays, int to) => Roll.From(_next).Take(to - _next).Any(stays);

    /// <summary>Places new runs here, without gaps from the run before them on; holes have no place.</summary>
    /// <returns>True if there is one.</returns>
    public bool Insert(ReadOnlySpan<SnapshotRun?> runs, bool gapBefore = false)
    {
        var hasAny = false;
        foreach (var run in runs)
        {
            if (run is not null)
            {
                MarkGap(!hasAny && gapBefore);
                _placed.Add(new(run.Id, false));
                hasAny = true;
            }
        }

        return hasAny;
    }

    /// <summary>Sets the gap mark behind the last run.</summary>
    public void MarkGap(bool hasGapBehind) => _placed[^1] = _placed[^1] with { HasGapBehind = hasGapBehind };

    /// <summary>Returns the change without what stays as it was, null if nothing changes, and the number of runs that are gone.</summary>
    public (Splice? Splice, int Removed) ToSplice()
    {
        var removed = _next - (_left + 1) - _kept;
        var first = 0;
        while (first + 1 < _placed.Count && _left + 1 < _next
            && _placed[first] == MarkAt(_left) && _placed[first + 1].Id == MarkAt(_left + 1).Id)
        {
            first++;
            _left++;
        }

        var last = _placed.Count;
        while (last > first + 1 && _next > _left + 1 && _placed[last - 1] == MarkAt(_next - 1))
        {
            last--;
            _next--;
        }

        return last == first + 1 && _next == _left + 1 && _placed[first] == MarkAt(_left)
            ? (null, removed)
            : (new(
                _placed[first].Id.Length > 0 ? _placed[first].Id : null,
                _placed[first].HasGapBehind,
                _placed[(first + 1)..last],
                _next < Roll.Count ? Roll.At(_next).Run.Id : null), removed);
    }

    private Placement MarkAt(int place) =>
        place < 0 ? new("", Roll.HasGapAtHead) : new(Roll.At(place).Run.Id, Roll.At(place).HasGapBehind);
}
