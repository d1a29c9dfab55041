namespace NclueGateway.Sandbox.Nclue;

/// <summary>The runs of the account in list order. Thread-safe; can be changed at any time.</summary>
/// <remarks>
/// A frozen list starts with the runs 0, 1, 2 …, so that row r holds run r. Otherwise the newest run (the highest
/// number) comes first. A few runs are from the last two minutes; the other ones are up to an hour apart.
/// </remarks>
internal sealed class SimulatedRuns
{
    private static readonly DateTimeOffset FrozenStart = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly List<SimulatedRun> _runs;
    private readonly TimeProvider _time;
    private readonly TimeSpan? _newRunEvery;
    private readonly int? _deleteAfterNewRuns;
    private readonly int _deletedRow;
    private readonly int _firstNew;
    private readonly bool _frozen;
    private readonly DemoRuns? _demo;
    private DateTimeOffset _newestByItself;
    private int _nextNumber;

    public SimulatedRuns(SimulatedNclueOptions options)
    {
        _time = options.TimeProvider;
        _newRunEvery = options.NewRunEvery;
        _deleteAfterNewRuns = options.DeleteAfterNewRuns;
        _deletedRow = options.DeletedRow;
        _frozen = options.Frozen;
        _nextNumber = _firstNew = options.Runs;
        _newestByItself = _time.GetUtcNow();
        _demo = options.Demo ? new(_newestByItself) : null;
        _runs = [.. _demo?.Initial(options.Runs) ?? Enumerable.Range(0, options.Runs).Select(row => _frozen ? Frozen(row) : Initial(row))];
    }

    /// <summary>Number of runs. The setter appends runs to the end or removes them from the end.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                MoveOn();
                return _runs.Count;
            }
        }

        set
        {
            lock (_lock)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(value);
                if (value < _runs.Count)
                {
                    _runs.RemoveRange(value, _runs.Count - value);
                }
                else
                {
                    _runs.AddRange(New(value - _runs.Count));
                }
            }
        }
    }

    /// <summary>Inserts new runs at the head, the newest first: every other row moves down.</summary>
    public void Prepend(int count)
    {
        lock (_lock)
        {
            _runs.InsertRange(0, New(count).Reverse());
        }
    }

    /// <summary>Removes runs from the head: every other row moves up.</summary>
    public void RemoveFirst(int count)
    {
        lock (_lock)
        {
            _runs.RemoveRange(0, count);
        }
    }

    /// <summary>Removes the run in a row: the rows behind it move up.</summary>
    public void RemoveAt(int row)
    {
        lock (_lock)
        {
            _runs.RemoveAt(row);
        }
    }

    /// <summary>Gives the run in a row another name.</summary>
    public void Rename(int row)
    {
        lock (_lock)
        {
            _runs[row] = _runs[row] with { Renamed = _runs[row].Renamed + 1 };
        }
    }

    /// <summary>Returns the number of the run in a row.</summary>
    public int NumberAt(int row)
    {
        lock (_lock)
        {
            return _runs[row].Number;
        }
    }

    /// <summary>
    /// Returns at most <paramref name="count"/> runs starting at a row, and the total number of runs.
    /// </summary>
    public (SimulatedRun[] Runs, int Total) Slice(long row, int count)
    {
        lock (_lock)
        {
            MoveOn();
            var start = (int)Math.Min(row, _runs.Count);
            return ([.. _runs.Slice(start, Math.Min(count, _runs.Count - start))], _runs.Count);
        }
    }

    /// <summary>Adds and deletes the runs that are due.</summary>
    private void MoveOn()
    {
        if (_newRunEvery is { } interval)
        {
            for (var due = _newestByItself + interval; due <= _time.GetUtcNow(); due += interval)
            {
                _runs.Insert(0, Make(_nextNumber++, due));
                _newestByItself = due;
                var isDue = (_nextNumber - _firstNew) % _deleteAfterNewRuns == 0;
                if (isDue && _runs.Count > _deletedRow && _runs[_deletedRow].Number >= _firstNew)
                {
                    _runs.RemoveAt(_deletedRow);
                }
            }
        }
    }

    private SimulatedRun[] New(int count)
    {
        var now = _time.GetUtcNow();
        var first = _nextNumber;
        _nextNumber += count;
        return [.. Enumerable.Range(first, count).Select(number => _frozen ? Frozen(number) : Make(number, now))];
    }

    private SimulatedRun Make(int number, DateTimeOffset created) => _demo?.Of(number, created) ?? new(number, created, _frozen);

    private static SimulatedRun Frozen(int number) => new(number, FrozenStart.AddMinutes(11.0 * number), Frozen: true);

    private SimulatedRun Initial(int row)
    {
        var age = row < 8 ? TimeSpan.FromSeconds(15 * row) : TimeSpan.FromMinutes((47 * (row - 7)) + (row * row % 31));
        return new SimulatedRun(_nextNumber - 1 - row, _newestByItself - age, Frozen: false);
    }
}
