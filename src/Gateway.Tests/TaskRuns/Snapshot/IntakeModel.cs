using System.Text;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.Simulation;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>A mistake that is planted to see that the model finds it.</summary>
internal enum IntakeFault
{
    None,

    /// <summary>Windows do not overlap, and a response that changed nothing is not followed by one further ahead.</summary>
    WindowsWithoutOverlap,

    /// <summary>A gap mark is forgotten.</summary>
    ForgottenGap,

    /// <summary>Removed ids are not recorded.</summary>
    ForgottenRemoval,

    /// <summary>Runs count as held since the request departed, not since it was permitted.</summary>
    StampedTooEarly,

    /// <summary>A response is short when rows are missing after removed ids were left out.</summary>
    ShortAfterLeavingOut,

    /// <summary>A hole counts as no run.</summary>
    HoleIsAbsence,

    /// <summary>A response without a known run is placed although the roll holds newer runs.</summary>
    HeadWithoutGuard,

    /// <summary>A change is applied to a version that it was not made for.</summary>
    ChangeOfAnotherVersion,
}

/// <summary>
/// A random schedule of a list that changes while up to three responses are in flight and overtake each other, and the
/// invariants of the roll after each step. Then the list is quiet, and a sweep has to find all of it.
/// </summary>
internal sealed class IntakeModel
{
    private readonly Random _random;
    private readonly IntakeFault _fault;
    private readonly ModelList _list;
    private readonly List<ModelResponse> _flights = [];
    private readonly Dictionary<string, long> _removed = []; // ids, each with the last departure before its removal
    private readonly int _overlap;
    private readonly int _window;
    private Roll _roll = Roll.Unknown;
    private Roll _before = Roll.Unknown;
    private long _departures;
    private long _number;
    private ModelResponse? _edge;

    public IntakeModel(int seed, IntakeFault fault = IntakeFault.None)
    {
        _random = new(seed);
        _fault = fault;
        _list = new(_random);
        _overlap = fault == IntakeFault.WindowsWithoutOverlap ? 0 : _random.Next(1, 4);
        _window = (4 * Math.Max(1, _overlap)) + _random.Next(8);
    }

    /// <summary>Runs the schedule.</summary>
    /// <exception cref="InvariantException">An invariant is violated.</exception>
    public void Run()
    {
        for (var step = 0; step < 300; step++)
        {
            _list.Change();
            switch (_random.Next(3))
            {
                case 0 when _flights.Count < 3:
                    Send(RandomRow());
                    break;
                case 1 when _flights.Find(flight => flight.Content is null) is { } next:
                    Depart(next);
                    break;
                case 2 when _flights.FindAll(flight => flight.Content is not null) is { Count: > 0 } departed:
                    Arrive(departed[_random.Next(departed.Count)]);
                    break;
            }
        }

        while (_flights.Count > 0)
        {
            Arrive(_flights[0]);
        }

        _list.MendHoles();
        Sweep();
        Check(
            _roll.IsComplete && _roll.From(0).Select(entry => Text(entry.Run)).SequenceEqual(_list.Texts),
            "I7: the roll is not the list");
    }

    private static string Text(SnapshotRun run) => Encoding.UTF8.GetString(run.Json.Span);

    private void Check(bool isSo, string invariant)
    {
        if (!isSo)
        {
            throw new InvariantException($"{invariant}: {_roll.Text()} // {string.Join(' ', _list.Texts)}");
        }
    }

    private int RandomRow() => _random.Next(4) switch
    {
        0 => 0,
        1 => Math.Max(0, GapPlace() + 1 - _overlap),
        2 => Math.Max(0, _roll.Count - _overlap),
        _ => _random.Next(Math.Max(1, _list.Count)),
    };

    /// <summary>Returns the place before the first gap, −1 for the head; the number of runs without a gap.</summary>
    private int GapPlace() => _roll.HasGapAtHead
        ? -1
        : _roll.From(0).TakeWhile(entry => !entry.HasGapBehind).Count();

    private ModelResponse Send(int firstRow)
    {
        var flight = new ModelResponse(firstRow, _number);
        _flights.Add(flight);
        return flight;
    }

    private void Depart(ModelResponse flight)
    {
        flight.Existing = [.. _list.UsableIds];
        flight.Departure = ++_departures;
        (flight.Content, flight.IsShort) = _list.Read(flight.FirstRow, _window);
    }

    private IntakeOutcome Arrive(ModelResponse flight)
    {
        if (flight.Content is null)
        {
            Depart(flight);
        }

        _flights.Remove(flight);
        var (outcome, entry) = Intake.Take(_fault == IntakeFault.ChangeOfAnotherVersion ? _before : _roll, Received(flight));
        if (entry is not null)
        {
            Apply(entry with { Change = entry.Change is { } change ? Changed(change) : null });
        }

        if (outcome == IntakeOutcome.Placed && flight.IsEdge(_list.IsNewestFirst) && flight.Departure > (_edge?.Departure ?? 0))
        {
            _edge = flight;
        }

        if (_roll.IsComplete && _edge is not null)
        {
            var missing = _edge.Existing.Intersect(_list.SteadyIds).Except(_roll.From(0).Select(entry => entry.Run.Id));
            Check(!missing.Any(), $"I3: {string.Join(' ', missing)} existed when the edge was read, and is missing");
        }

        return outcome;
    }

    private void Apply(LogEntry entry)
    {
        var departure = entry.Reading.Departure;
        _before = _roll;
        _roll = _roll.Apply(entry, ++_number);
        _roll = _fault == IntakeFault.ForgottenRemoval
            ? new(RollEntries.Of(_roll.From(0)), _roll.Version, _roll.HasGapAtHead, [], _roll.Traits)
            : _roll;
        var ids = _roll.From(0).Select(entry => entry.Run.Id).ToList();
        var idsBefore = _before.From(0).Select(entry => entry.Run.Id).ToList();
        var gone = idsBefore.Except(ids).ToList();
        Check(ids.Distinct().Count() == ids.Count, "a run stands twice");
        Check(_roll.From(0).All(entry => _list.WasSent(Text(entry.Run))), "I1: a value that the upstream never sent");
        Check(!gone.Intersect(_list.Ids).Any(), "I2: a run was removed that exists");
        Check(
            ids.Except(idsBefore).All(id => departure > _removed.GetValueOrDefault(id)),
            "I6: a removed run came back from an older response");
        gone.ForEach(id => _removed[id] = _departures);
        Check(ids.Intersect(_list.Ids).SequenceEqual(_list.Ids.Intersect(ids)), "I5: runs stand in another order");
    }

    /// <summary>Returns the response as intake gets it.</summary>
    private ListResponse Received(ModelResponse flight)
    {
        var content = flight.Content!;
        var isLeftOut = content.Any(run => run is not null && _roll.Removed.GetValueOrDefault(run.Id).Version > flight.Since);
        var isUnknown = _roll.Find(content.OfType<SnapshotRun>().Select(run => run.Id)).Count == 0;
        return new(
            flight.FirstRow,
            _fault == IntakeFault.HoleIsAbsence ? [.. content.Where(run => run is not null)] : content,
            flight.IsShort || (_fault == IntakeFault.ShortAfterLeavingOut && isLeftOut),
            flight.Departure,
            _fault == IntakeFault.StampedTooEarly || (_fault == IntakeFault.HeadWithoutGuard && isUnknown) ? long.MaxValue : flight.Since);
    }

    private RollChange Changed(RollChange change) => (_fault, change.Splice) switch
    {
        (IntakeFault.ForgottenGap, { } splice) => change with
        {
            Splice = splice with
            {
                HasGapBehindLeft = false,
                Between = [.. splice.Between.Select(placement => placement with { HasGapBehind = false })],
            },
        },
        _ => change,
    };

    /// <summary>
    /// Reads the edge and the first gap in turns, then all rows. A window begins at the last known run before the gap. When runs
    /// before it have gone, it is too far behind: then it moves back, twice as far each time, and from there onwards.
    /// </summary>
    private void Sweep()
    {
        var (back, edgeBack) = (0, 0);
        int? onward = null;
        for (var turn = 0; turn < 400 && !_roll.IsComplete; turn++)
        {
            var isKnown = ReadKnown(_list.IsNewestFirst ? 0 : Math.Max(0, _roll.Count - (_overlap << edgeBack)), out _);
            edgeBack = isKnown is null ? Math.Min(20, edgeBack + 1) : 0;
            var firstRow = onward ?? Math.Max(0, GapPlace() + 1 - (_overlap << back));
            var known = ReadKnown(firstRow, out var lastSlot);
            var gap = GapPlace();
            (back, onward) = known switch
            {
                var (first, _) when first > gap => (Math.Min(20, back + 1), Math.Max(0, firstRow - (_overlap << back))),
                var (_, last) when last <= gap => (0, Math.Max(0, firstRow + lastSlot - _overlap + 1)),
                null => (Math.Min(20, back + 1), Math.Max(0, firstRow - (_overlap << back))),
                _ => (0, (int?)null),
            };
        }

        for (var firstRow = 0; firstRow < _list.Count + _window; firstRow += _window - _overlap)
        {
            Arrive(Send(firstRow));
        }
    }

    /// <summary>Reads a window, and returns the places of the first and the last run in it that are in the roll.</summary>
    private (int First, int Last)? ReadKnown(int firstRow, out int lastSlot)
    {
        var flight = Send(firstRow);
        Arrive(flight);
        var places = _roll.Find(flight.Content!.OfType<SnapshotRun>().Select(run => run.Id));
        lastSlot = flight.Content!.ToList().FindLastIndex(run => run is not null && places.ContainsKey(run.Id));
        return places.Count == 0 ? null : (places.Values.Min(), places.Values.Max());
    }
}
