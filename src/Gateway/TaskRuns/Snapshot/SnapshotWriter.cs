using NclueGateway.Mirror.Refresh;
using NclueGateway.Redis;
using NclueGateway.Time;
using NclueGateway.Upstream;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Keeps the snapshot: takes in this replica's responses, appends what they prove to the log, applies what other replicas have appended,
/// and publishes the versions. The only writer of the snapshot in this process.
/// </summary>
internal sealed class SnapshotWriter : IWholeListReader, IDisposable
{
    /// <summary>Number of attempts to append an entry while the log cannot be written.</summary>
    private const int Attempts = 6;

    /// <summary>Maximum number of responses that wait for the log. Later ones are not taken in: their rows are read again.</summary>
    private const int MaxWaiting = 8;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly ISnapshotLog _log;
    private readonly LatestLogPosition _latest;
    private readonly SnapshotVersions _versions;
    private readonly SnapshotInterest _interest;
    private readonly SnapshotSchedule _schedule;
    private readonly SnapshotDiagnostics _diagnostics;
    private readonly SnapshotMetrics _metrics;
    private readonly DepartureClock _clock;
    private readonly SnapshotOptions _options;
    private readonly NclueOptions _nclue;
    private readonly ChangeSignal _wake;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private SnapshotState _state = SnapshotState.Empty;
    private Task? _reading;
    private long? _unconfirmedSince;
    private int _waiting;
    private long _beganAt = long.MinValue / 2;

    public SnapshotWriter(
        ISnapshotLog log,
        LatestLogPosition latest,
        SnapshotVersions versions,
        SnapshotInterest interest,
        SnapshotSchedule schedule,
        SnapshotDiagnostics diagnostics,
        SnapshotMetrics metrics,
        DepartureClock clock,
        SnapshotOptions options,
        NclueOptions nclue,
        ChangeSignal wake,
        TimeProvider time)
    {
        (_log, _latest, _versions, _interest, _schedule) = (log, latest, versions, interest, schedule);
        (_diagnostics, _metrics, _clock, _options, _nclue, _wake, _time) = (diagnostics, metrics, clock, options, nclue, wake, time);
        latest.Changed += (_, _) => Follow();
        interest.Began += (_, _) => Begin();
        metrics.Observe(() => Status);
    }

    /// <summary>Raised with each new state.</summary>
    public event EventHandler? Advanced;

    /// <summary>The newest state, complete or not.</summary>
    public SnapshotState State => Volatile.Read(ref _state);

    /// <summary>True if the list is longer than <c>Snapshot:MaxRuns</c>, so that it is not copied.</summary>
    public bool IsTooLarge =>
        State.Roll.Count > _options.MaxRuns || (State.Roll.Traits.TotalCounts && State.Roll.Traits.ExpectedTotal > _options.MaxRuns);

    /// <summary>The order of the list: as configured, or as responses have shown it.</summary>
    public ListOrder Order => State.Roll.Traits.Order == ListOrder.Unordered ? ListOrder.Unordered : _nclue.Order switch
    {
        NclueOrder.NewestFirst => ListOrder.NewestFirst,
        NclueOrder.OldestFirst => ListOrder.OldestFirst,
        _ => State.Roll.Traits.Order,
    };

    /// <summary>The state at this moment.</summary>
    public SnapshotStatus Status => SnapshotStatus.Of(State.Roll, _versions, Order, _interest.IsActive, IsTooLarge, _clock);

    /// <inheritdoc/>
    public WholeListFetch? NextDue(long now, Func<int, bool> isAvailable) => IsReading(now) ? _schedule.NextDue(now, isAvailable) : null;

    /// <inheritdoc/>
    public WholeListFetch? NextBackground(long now, Func<int, bool> isAvailable) =>
        IsReading(now) ? _schedule.NextBackground(now, isAvailable) : null;

    /// <inheritdoc/>
    public TimeSpan? UntilNext(long now) =>
        !_interest.IsActive || IsTooLarge ? null : _latest.Current is not null ? _schedule.UntilNext(now) : LookEvery;

    /// <inheritdoc/>
    public async Task ReceiveAsync(ReceivedRows received)
    {
        if (_interest.IsActive && _waiting < MaxWaiting)
        {
            await _time.WaitAsync(InTurnAsync(() => TakeAsync(received)), RedisCircuit.Patience, CancellationToken.None);
        }
    }

    /// <summary>
    /// Reads the log up to its top, for a caller who knows of a newer version than this replica. Callers at the same time share one read.
    /// </summary>
    public Task ReadLogAsync()
    {
        if (Volatile.Read(ref _reading) is not { IsCompleted: false } reading)
        {
            reading = InTurnAsync(CatchUpAsync);
            Volatile.Write(ref _reading, reading);
        }

        return reading;
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Extends the lifetime of the log, and reads it; reading begins a log if there is none.</summary>
    private void Begin()
    {
        _beganAt = _time.GetTimestamp();
        _ = InTurnAsync(async () =>
        {
            await _log.KeepAsync();
            await CatchUpAsync();
        });
    }

    /// <summary>Reads the log when other replicas have appended to it.</summary>
    private void Follow()
    {
        if (_interest.IsActive && _latest.Current is { } top && !State.Includes(top))
        {
            _ = InTurnAsync(async () =>
            {
                if (!State.Includes(top))
                {
                    await CatchUpAsync();
                }
            });
        }
    }

    /// <summary>Returns true if rows are to be read now: callers ask, and the log is known.</summary>
    private bool IsReading(long now)
    {
        if (!_interest.IsActive || IsTooLarge || _latest.Current is not null)
        {
            return _interest.IsActive && !IsTooLarge;
        }

        if (now - _beganAt >= _time.Ticks(LookEvery)) // the log does not exist yet or any more, or cannot be read
        {
            Begin();
        }

        return false;
    }

    private async Task InTurnAsync(Func<Task> step)
    {
        Interlocked.Increment(ref _waiting);
        await _turn.WaitAsync();
        try
        {
            await step();
        }
        catch (RedisAwayException)
        {
            // The version stays as it is; the next response or position of the log tries again.
        }
        catch (Exception defect)
        {
            _diagnostics.Defect(defect);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            _turn.Release();
        }
    }

    private async Task TakeAsync(ReceivedRows received)
    {
        var rows = (Normalizing.NormalizedResponse)received.Response;
        var window = RowWindow.Of(received.Number, _nclue.IndexUnit);
        SnapshotRun?[] slots =
        [
            .. rows.Runs.Select((run, row) => run is null ? null : new SnapshotRun(rows.Rows.Slice(row, row + 1), RunColumns.Of(run))),
        ];
        for (var attempt = 1; ; attempt++)
        {
            if (received.Permit.Since is not { } since || !await IncludesAsync(since))
            {
                _metrics.Took(IntakeOutcome.Refused);
                return;
            }

            var state = State;
            var response = new ListResponse(
                window.FirstRow, slots, slots.Length < window.Limit, _clock.Of(received.Permit), since.Number, rows.Rows.Total);
            var (outcome, entry) = Intake.Take(state.Roll, response, isConfirmed: _unconfirmedSince < received.Permit.At);
            if (entry is null && attempt == 1 && since != state.Top)
            {
                await CatchUpAsync(); // without an append, only this shows that Redis has lost entries
                continue;
            }

            _metrics.Took(outcome);
            if (entry is null)
            {
                _unconfirmedSince = outcome == IntakeOutcome.Unconfirmed ? _time.GetTimestamp() : _unconfirmedSince;
                Received(slots, window, received, _schedule.Oldest);
                return;
            }

            try
            {
                if (await _log.AppendAsync(state, entry) is { } next)
                {
                    var oldest = _schedule.Oldest;
                    _unconfirmedSince = null;
                    Publish(next);
                    Received(slots, window, received, oldest);
                    if (Order == ListOrder.Unordered && _schedule.Sweep.Take(received.Number, window, response, next.Roll) is { } result)
                    {
                        await EndSweepAsync(result, since.Number);
                    }

                    await _log.CheckpointAsync(State);
                    return;
                }

                await CatchUpAsync(); // another replica was faster: take it in again
            }
            catch (RedisAwayException) when (attempt < Attempts)
            {
                await Task.Delay(RetryAfter, _time);
            }
        }
    }

    /// <summary>Appends the result of two passes over an unordered list. If another replica is faster, the next pass repeats it.</summary>
    private async Task EndSweepAsync(SweepResult result, long since)
    {
        var reading = new RollReading(result.Departure, since, IsHead: false, IsEnd: false, Held: []);
        if (await _log.AppendAsync(State, new(reading, new(Splice: null, Rows: [], result))) is { } next)
        {
            Publish(next);
            _wake.Raise();
        }
    }

    private void Received(SnapshotRun?[] slots, RowWindow window, ReceivedRows received, LiveRows? oldest)
    {
        _schedule.Received(received.Number, received.Permit.At, window, slots, State.Roll, oldest);
        _wake.Raise();
    }

    /// <summary>Returns true if the state has all entries up to a position, after reading the log where it is behind.</summary>
    private async Task<bool> IncludesAsync(LogPosition position)
    {
        if (!State.Includes(position))
        {
            await CatchUpAsync();
        }

        return State.Includes(position);
    }

    private async Task CatchUpAsync()
    {
        if (await _log.ReadAsync(State) is { Count: > 0 } states)
        {
            foreach (var version in states.SkipLast(1))
            {
                _versions.Publish(version);
            }

            Publish(states[^1]);
        }
    }

    private void Publish(SnapshotState state)
    {
        _versions.Publish(state); // first: a reader that sees the state can read its version
        Volatile.Write(ref _state, state);
        _schedule.Update(state.Roll, Order);
        _diagnostics.Published(state, Order);
        Advanced?.Invoke(this, EventArgs.Empty);
        _wake.Raise();
    }
}
