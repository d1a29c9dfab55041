namespace NclueGateway.Sandbox.Nclue;

/// <summary>The arrivals so far, in the order in which they were added. Thread-safe.</summary>
internal sealed class ArrivalLog(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<Arrival> _arrivals = [];
    private long _latest;
    private TaskCompletionSource _added = NewSignal();

    /// <summary>Returns a copy of the log.</summary>
    public IReadOnlyList<Arrival> Snapshot()
    {
        lock (_lock)
        {
            return [.. _arrivals];
        }
    }

    /// <summary>Adds an arrival with its position and the time since the previous one.</summary>
    public Arrival Add(Arrival arrival)
    {
        TaskCompletionSource added;
        lock (_lock)
        {
            arrival = arrival with
            {
                Sequence = _arrivals.Count + 1,
                SincePrevious = _arrivals.Count == 0 ? null : time.GetElapsedTime(_latest, arrival.Timestamp),
            };
            _latest = _arrivals.Count == 0 ? arrival.Timestamp : Math.Max(_latest, arrival.Timestamp);
            _arrivals.Add(arrival);
            (added, _added) = (_added, NewSignal());
        }

        added.SetResult();
        return arrival;
    }

    /// <summary>Replaces an arrival by a version of it with more details.</summary>
    public void Update(Arrival arrival)
    {
        lock (_lock)
        {
            _arrivals[arrival.Sequence - 1] = arrival;
        }
    }

    /// <summary>
    /// Waits until at least <paramref name="count"/> requests have arrived, including those without a response yet.
    /// </summary>
    public async Task<IReadOnlyList<Arrival>> WaitAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task added;
            lock (_lock)
            {
                if (_arrivals.Count >= count)
                {
                    return [.. _arrivals];
                }

                added = _added.Task;
            }

            await added.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
