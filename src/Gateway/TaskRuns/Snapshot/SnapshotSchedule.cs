using System.Collections.Concurrent;
using NclueGateway.Mirror.Refresh;
using NclueGateway.Time;
using NclueGateway.Upstream;

namespace NclueGateway.TaskRuns.Snapshot;

/// <summary>
/// Chooses the rows that the snapshot reads next: first those that change by themselves, then a gap, then the rows read longest ago,
/// when the count does not fit or when they were not read for <c>Snapshot:SweepEvery</c>.
/// </summary>
internal sealed class SnapshotSchedule(
    SnapshotInterest interest, SnapshotOptions options, DepartureClock clock, ChangeSignal wake, TimeProvider time)
{
    /// <summary>Maximum number of doublings of the overlap with which a window still reaches the run that it is for.</summary>
    private const int MaxRetreat = 3;

    private static readonly TimeSpan StuckBeat = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<int, long> _receivedAt = new();
    private readonly Dictionary<string, long> _putOff = [];
    private readonly long _startedAt = time.GetTimestamp();
    private long _edgeRequestedAt = long.MinValue / 2;
    private Current _current = new(
        SnapshotPlan.Of(Roll.Unknown, ListOrder.Unknown, default), new(null, 0, null), 0, ListOrder.Unknown, IsComplete: false);

    /// <summary>Makes the plan for a new state.</summary>
    public void Update(Roll roll, ListOrder order)
    {
        var before = _current;
        var plan = PlanFor(roll, order, before.Retreat);
        var left = plan.GapPlace is >= 0 and var gap ? roll.At(gap).Run.Id : null;
        var walk = before.Walk.Left == left ? before.Walk : new(left, 0, null);
        Volatile.Write(ref _current, new(plan, walk, before.Retreat, order, roll.IsComplete));
        foreach (var number in _receivedAt.Keys.Except(plan.Live.Select(rows => rows.Number)))
        {
            _receivedAt.TryRemove(number, out _);
        }
    }

    /// <summary>Records a response, after <see cref="Update"/> with the state after it.</summary>
    /// <param name="number">The block or window.</param>
    /// <param name="departedAt">Timestamp of the departure.</param>
    /// <param name="window">The rows that were requested.</param>
    /// <param name="slots">The rows of the response.</param>
    /// <param name="roll">The roll after the response.</param>
    /// <param name="oldest">The oldest rows before the response.</param>
    public void Received(int number, long departedAt, RowWindow window, IReadOnlyList<SnapshotRun?> slots, Roll roll, LiveRows? oldest)
    {
        var current = _current;
        _receivedAt[number] = departedAt;
        if (current.Plan.GapPlace is { } gap && number == current.Walk.NumberFor(gap) && current.Walk.Left is not null)
        {
            current = current with { Walk = current.Walk.After(window, slots, roll, gap) };
        }

        if (number == oldest?.Number)
        {
            // The run is not where it was expected: fewer runs stand before it. If it is nowhere near, other rows must not wait for it.
            var isMissed = current.Plan.Oldest == oldest;
            var canRetreat = isMissed && RowWindow.IsWindow(number) && current.Retreat < MaxRetreat;
            current = current with { Retreat = canRetreat ? current.Retreat + 1 : 0 };
            if (isMissed && !canRetreat)
            {
                _putOff[current.Plan.OldestId!] = departedAt;
            }

            current = current with { Plan = PlanFor(roll, current.Order, current.Retreat) };
        }

        Volatile.Write(ref _current, current);
    }

    /// <summary>
    /// Makes the edge due, for a caller who asks for a run that is not known. No two such requests are less than the age at which the edge
    /// is due by itself apart.
    /// </summary>
    public void RequestEdge()
    {
        var now = time.GetTimestamp();
        if (now - Volatile.Read(ref _edgeRequestedAt) >= time.Ticks(interest.Beat))
        {
            Volatile.Write(ref _edgeRequestedAt, now);
            wake.Raise();
        }
    }

    /// <summary>The reader of an unordered list.</summary>
    public UnorderedSweep Sweep { get; } = new();

    /// <summary>The rows whose last response is the oldest.</summary>
    public LiveRows? Oldest => _current.Plan.Oldest;

    /// <summary>Makes the plan. A run that no response holds or proves gone is put off for a sweep, so that other rows are read.</summary>
    private SnapshotPlan PlanFor(Roll roll, ListOrder order, int retreat)
    {
        var now = time.GetTimestamp();
        foreach (var (id, at) in _putOff)
        {
            if (now - at >= time.Ticks(options.SweepEvery))
            {
                _putOff.Remove(id);
            }
        }

        return SnapshotPlan.Of(roll, order, time.GetUtcNow(), _putOff.ContainsKey, retreat);
    }

    /// <inheritdoc cref="IWholeListReader.NextDue"/>
    public WholeListFetch? NextDue(long now, Func<int, bool> isAvailable) => Volatile.Read(ref _current).Plan.Live
        .Select(rows => (Rows: rows, Since: ReadAt(rows), Urgency: Urgency(rows, now)))
        .Where(rows => rows.Urgency >= 1 && isAvailable(rows.Rows.Number))
        .OrderByDescending(rows => (rows.Rows.IsEdge, rows.Urgency))
        .Select(rows => (WholeListFetch?)new WholeListFetch(rows.Rows.Number, rows.Rows.IsEdge, rows.Since, rows.Urgency))
        .FirstOrDefault();

    /// <inheritdoc cref="IWholeListReader.NextBackground"/>
    public WholeListFetch? NextBackground(long now, Func<int, bool> isAvailable)
    {
        var (plan, walk, _, order, isComplete) = Volatile.Read(ref _current);
        var number = order == ListOrder.Unordered ? SweepNumber(isComplete, now) : BackgroundNumber(plan, walk, now);
        return number is { } rows && isAvailable(rows) ? new(rows, false, _startedAt, 0) : null;
    }

    /// <inheritdoc cref="IWholeListReader.UntilNext"/>
    public TimeSpan? UntilNext(long now)
    {
        var (plan, _, _, order, _) = Volatile.Read(ref _current);
        var isUnordered = order == ListOrder.Unordered;
        var passedAt = isUnordered ? Sweep.PassedAt : plan.Oldest?.ReadAt;
        var next = plan.Live.Select(rows => (long?)ReadAt(rows) + time.Ticks(BeatOf(rows)))
            .Append(passedAt is { } at ? clock.TimestampOf(at) + time.Ticks(isUnordered ? interest.Beat : options.SweepEvery) : null)
            .Min();
        return next > now ? time.GetElapsedTime(now, next.Value) : null;
    }

    private int? BackgroundNumber(SnapshotPlan plan, GapWalk walk, long now)
    {
        if (plan.GapPlace is { } gap)
        {
            return walk.NumberFor(gap);
        }

        return plan.Oldest is { } oldest
            && (oldest.ReadAt < plan.MiscountedSince || now - clock.TimestampOf(oldest.ReadAt) >= time.Ticks(options.SweepEvery))
            ? oldest.Number
            : null;
    }

    /// <summary>
    /// Returns the next window of a pass over an unordered list; null if the next pass is not due yet. New runs may appear anywhere, so
    /// the whole list is due when an edge would be.
    /// </summary>
    private int? SweepNumber(bool isComplete, long now) =>
        !isComplete || !Sweep.IsAtStart || Sweep.PassedAt is not { } at
            || now - clock.TimestampOf(at) >= time.Ticks(interest.Beat)
            ? Sweep.NextNumber
            : null;

    /// <summary>Returns the age of rows as a multiple of the age at which they are due.</summary>
    private double Urgency(LiveRows rows, long now)
    {
        var urgency = (double)(now - ReadAt(rows)) / time.Ticks(BeatOf(rows));
        return rows.IsEdge && ReadAt(rows) < Volatile.Read(ref _edgeRequestedAt) ? Math.Max(1, urgency) : urgency;
    }

    private TimeSpan BeatOf(LiveRows rows) => rows.IsStuck && StuckBeat > interest.Beat ? StuckBeat : interest.Beat;

    /// <summary>
    /// Returns the timestamp of the last response for rows. One that did not hold the run that it was for counts too: the next one is not
    /// requested at once.
    /// </summary>
    private long ReadAt(LiveRows rows) =>
        Math.Max(clock.TimestampOf(rows.ReadAt), _receivedAt.GetValueOrDefault(rows.Number, long.MinValue));

    private sealed record Current(SnapshotPlan Plan, GapWalk Walk, int Retreat, ListOrder Order, bool IsComplete);
}
