using System.Globalization;
using NclueGateway.TaskRuns.Snapshot;

namespace NclueGateway.Tests.TaskRuns.Snapshot;

/// <summary>A list of the upstream that creates, advances and deletes runs, newest first or oldest first.</summary>
internal sealed class ModelList
{
    private readonly Random _random;
    private readonly List<ModelRun> _runs = [];
    private readonly HashSet<string> _sent = [];
    private readonly double _creates;
    private readonly double _deletes;
    private readonly double _advances;
    private readonly double _breaks;
    private int _created;

    public ModelList(Random random)
    {
        _random = random;
        IsNewestFirst = random.Next(2) == 0;
        (_creates, _deletes, _advances) = (random.NextDouble() * 0.3, random.NextDouble() * 0.3, random.NextDouble());
        _breaks = random.Next(3) == 0 ? 0.02 : 0;
        for (var count = random.Next(40); count > 0; count--)
        {
            Create();
        }
    }

    public bool IsNewestFirst { get; }

    public int Count => _runs.Count;

    public IEnumerable<string> Ids => _runs.Select(run => run.Id);

    /// <summary>Ids of the runs that have a usable id now.</summary>
    public IEnumerable<string> UsableIds => _runs.Where(run => !run.IsHole).Select(run => run.Id);

    /// <summary>Ids of the runs that have always had a usable id.</summary>
    public IEnumerable<string> SteadyIds => _runs.Where(run => !run.WasHole).Select(run => run.Id);

    public IEnumerable<string> Texts => _runs.Select(run => run.Text);

    public bool WasSent(string text) => _sent.Contains(text);

    /// <summary>Lets a moment pass.</summary>
    public void Change()
    {
        if (_random.NextDouble() < _creates)
        {
            Create();
        }

        if (_random.NextDouble() < _deletes && Any() is { } deleted)
        {
            _runs.Remove(deleted);
        }

        if (_random.NextDouble() < _advances && Any() is { State: < ModelRun.Finished } advanced)
        {
            advanced.State++;
        }

        if (_random.NextDouble() < _breaks && Any() is { } broken)
        {
            broken.IsHole = !broken.IsHole;
            broken.WasHole = true;
        }
    }

    /// <summary>Gives all runs usable ids.</summary>
    public void MendHoles() => _runs.ForEach(run => run.IsHole = false);

    /// <summary>Returns rows, and true if the list ends with them.</summary>
    public (IReadOnlyList<SnapshotRun?> Slots, bool IsShort) Read(int firstRow, int limit)
    {
        var rows = _runs.Skip(firstRow).Take(limit).ToList();
        _sent.UnionWith(rows.Select(run => run.Text));
        return ([.. rows.Select(run => run.Read())], rows.Count < limit);
    }

    private ModelRun? Any() => _runs.Count == 0 ? null : _runs[_random.Next(_runs.Count)];

    private void Create() => _runs.Insert(
        IsNewestFirst ? 0 : _runs.Count,
        new(_created++.ToString(CultureInfo.InvariantCulture)) { State = _random.Next(ModelRun.Finished + 1) });

    private sealed class ModelRun(string id)
    {
        public const int Finished = 3;

        public string Id => id;

        public int State { get; set; }

        public bool IsHole { get; set; }

        public bool WasHole { get; set; }

        public string Text => $"{id}:{State}";

        public SnapshotRun? Read() => IsHole ? null : IntakeExamples.Run(id, Text, State == Finished);
    }
}

/// <summary>A request for a window of the list, and its response.</summary>
/// <param name="FirstRow">The first row.</param>
/// <param name="Since">The newest version when the request was permitted.</param>
internal sealed record ModelResponse(int FirstRow, long Since)
{
    public long Departure { get; set; }

    /// <summary>The rows; null before the request has departed.</summary>
    public IReadOnlyList<SnapshotRun?>? Content { get; set; }

    public bool IsShort { get; set; }

    /// <summary>Ids in the list at the departure.</summary>
    public HashSet<string> Existing { get; set; } = [];

    /// <summary>Returns true if new runs appear in this response.</summary>
    public bool IsEdge(bool isNewestFirst) => isNewestFirst ? FirstRow == 0 : IsShort;
}
