using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Tests.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Changes;

/// <summary>
/// Versions of a list that changes at random. Each is taken in from a response with the whole list, as the gateway does it.
/// </summary>
internal sealed class ListVersions(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(string Id, int Value)> _list = [];
    private Roll _roll = Roll.Unknown;
    private int _created;
    private long _departure;

    /// <summary>Returns the JSON of a run.</summary>
    public static string Json(string id, int value) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"id":"{{id}}","value":{{value}}}""");

    /// <summary>Returns a complete version of these runs, by id and value.</summary>
    public static ReadableSnapshot Version(long number, Roll roll)
    {
        var position = new NclueGateway.Upstream.Pacing.LogPosition(1, number, (ulong)number);
        return new(SnapshotState.At(position, position, roll), roll.ReadAt());
    }

    /// <summary>Returns the next version, after some creations, updates and deletions.</summary>
    /// <param name="creations">Maximum number of runs that are created.</param>
    public ReadableSnapshot Next(int creations)
    {
        do
        {
            Change(creations);
        }
        while (!TryTake());

        return Version(_roll.Version, _roll);
    }

    private void Change(int creations)
    {
        for (var count = _random.Next(creations + 1); count > 0; count--)
        {
            var id = _random.Next(4) == 0 ? $"한글<{_created++}>" : $"run-{_created++}";
            _list.Insert(_random.Next(4) == 0 ? _random.Next(_list.Count + 1) : 0, (id, 0));
        }

        for (var count = _random.Next(5); count > 0 && _list.Count > 0; count--)
        {
            var place = _random.Next(_list.Count);
            _list[place] = (_list[place].Id, _random.Next(3));
        }

        for (var count = _random.Next(3); count > 0 && _list.Count > 10; count--)
        {
            _list.RemoveAt(_random.Next(_list.Count));
        }
    }

    /// <summary>Takes in a response with the whole list; returns false if it changes nothing.</summary>
    private bool TryTake()
    {
        SnapshotRun?[] slots =
        [
            .. _list.Select(run => IntakeExamples.Run(run.Id, Json(run.Id, run.Value), isFinished: false)),
        ];
        var response = new ListResponse(0, slots, IsShort: true, ++_departure, _roll.Version);
        var (_, entry) = Intake.Take(_roll, response, isConfirmed: true);
        if (entry is null)
        {
            return false;
        }

        _roll = _roll.Apply(entry, _roll.Version + 1);
        return entry.Change is not null && _roll.IsComplete;
    }
}
