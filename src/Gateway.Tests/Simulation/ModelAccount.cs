using System.Globalization;
using System.Text;
using NclueGateway.TaskRuns.Normalizing;
using NclueGateway.TaskRuns.Snapshot;
using NclueGateway.Upstream;

namespace NclueGateway.Tests.Simulation;

/// <summary>What the upstream's <c>total</c> counts.</summary>
internal enum ModelTotal
{
    Account,
    Response,
    Absent,
}

/// <summary>
/// The runs of an account, which are created, advance, are corrected and deleted. It remembers what it has sent, and when each value
/// was true.
/// </summary>
internal sealed class ModelAccount
{
    private static readonly TaskRunNormalizer Normalizer = new(TimeZoneInfo.Utc, HelpLanguage.En);

    private readonly World _world;
    private readonly List<ModelRun> _runs = [];
    private readonly Dictionary<string, ModelRun> _all = [];
    private readonly HashSet<UInt128> _sent = [];
    private readonly Dictionary<long, long> _departures = [];
    private readonly double _creates;
    private readonly double _deletes;
    private readonly double _advances;
    private readonly double _breaks;
    private readonly ModelTotal _total;

    /// <summary>Creates an account of finished runs that changes only when a test changes it.</summary>
    public ModelAccount(World world, int runs, bool isNewestFirst)
    {
        (_world, IsNewestFirst, _total) = (world, isNewestFirst, ModelTotal.Account);
        for (var count = 0; count < runs; count++)
        {
            Create(ModelRun.Finished);
        }
    }

    /// <summary>Creates an account that changes at random.</summary>
    public ModelAccount(World world)
    {
        _world = world;
        var random = world.Random;
        IsNewestFirst = random.Next(2) == 0;
        _total = (ModelTotal)random.Next(3);
        (_creates, _deletes, _advances) = (random.NextDouble() * 0.6, random.NextDouble() * 0.6, random.NextDouble());
        _breaks = random.Next(4) == 0 ? 0.02 : 0;
        for (var count = random.Next(3) == 0 ? random.Next(30) : random.Next(350); count > 0; count--)
        {
            Create();
        }

        world.After(TimeSpan.FromSeconds(1), Change);
    }

    public bool IsNewestFirst { get; }

    /// <summary>False once two runs have changed places.</summary>
    public bool KeepsOrder { get; private set; } = true;

    /// <summary>False once the list is to stay as it is.</summary>
    public bool IsChanging { get; set; } = true;

    /// <summary>The runs in the list's order.</summary>
    public IReadOnlyList<ModelRun> Runs => _runs;

    public ModelRun this[string id] => _all[id];

    /// <summary>Returns true if a run with this id exists now.</summary>
    public bool Exists(string id) => _all.TryGetValue(id, out var run) && !run.IsDeleted;

    /// <summary>Returns true if the upstream has sent a run whose JSON has this hash.</summary>
    public bool WasSent(UInt128 hash) => _sent.Contains(hash);

    /// <summary>Remembers the true time of a departure.</summary>
    public void Departed(long departure) => _departures.TryAdd(departure, _world.Now);

    /// <summary>Returns the true time of a departure; the beginning for 0.</summary>
    public long TimeOf(long departure) => _departures.GetValueOrDefault(departure);

    /// <summary>
    /// Returns the true time at which the edge was last read. Until the list has shown its order, both ends are the edge. Their departures
    /// are in the order of the permits, but a request on a slow connection is written later than one with a later permit.
    /// </summary>
    public long TimeOfEdge(ListTraits traits) =>
        (traits with { HeadReadAt = TimeOf(traits.HeadReadAt), EndReadAt = TimeOf(traits.EndReadAt) }).EdgeReadAt;

    /// <summary>Returns the body of a response.</summary>
    public string Read(RowWindow window)
    {
        var rows = _runs.Skip(window.FirstRow).Take(window.Limit).ToList();
        foreach (var run in rows.Where(run => !run.IsHole))
        {
            _sent.Add(run.HashOf(Normalizer));
        }

        var total = _total switch
        {
            ModelTotal.Account => $"\"total\":{_runs.Count},",
            ModelTotal.Response => $"\"total\":{rows.Count},",
            _ => "",
        };
        return $$"""{{{total}}"runs":[{{string.Join(',', rows.Select(run => run.Json))}}]}""";
    }

    /// <summary>Gives all runs usable ids, and ends the changes.</summary>
    public void Settle()
    {
        IsChanging = false;
        _runs.ForEach(run => run.IsHole = false);
    }

    /// <summary>Deletes a run; null for a random one.</summary>
    public void Delete(ModelRun? deleted = null)
    {
        deleted ??= Any();
        if (deleted is not null)
        {
            _runs.Remove(deleted);
            deleted.IsDeleted = true;
            _world.Note($"run {deleted.Id} is deleted");
        }
    }

    /// <summary>Lets two neighbours change places.</summary>
    public void Swap(int row)
    {
        (_runs[row], _runs[row + 1]) = (_runs[row + 1], _runs[row]);
        KeepsOrder = false;
    }

    /// <summary>Creates a run in a state; null for a random one.</summary>
    public ModelRun Create(int? state = null)
    {
        var run = new ModelRun($"r{_all.Count}", _world.Now);
        run.Advance(state ?? _world.Random.Next(ModelRun.Finished + 1), _world.Now);
        _all.Add(run.Id, run);
        _runs.Insert(IsNewestFirst ? 0 : _runs.Count, run);
        _world.Note($"run {run.Id} is created");
        return run;
    }

    private void Change()
    {
        if (!IsChanging)
        {
            return;
        }

        _world.After(_world.Between(100, 1_500), Change);
        if (_world.Chance(_creates))
        {
            for (var count = _world.Chance(0.01) ? 130 : 1; count > 0; count--)
            {
                Create();
            }
        }

        if (_world.Chance(_deletes))
        {
            for (var count = _world.Chance(0.02) ? 25 : 1; count > 0; count--)
            {
                Delete();
            }
        }

        if (_world.Chance(_advances) && Any() is { } advanced && (advanced.State < ModelRun.Finished || _world.Chance(0.1)))
        {
            advanced.Advance(advanced.State == ModelRun.Finished ? 1 : advanced.State + 1, _world.Now); // some are corrected
        }

        if (_world.Chance(_breaks) && Any() is { } broken)
        {
            broken.IsHole = !broken.IsHole;
            broken.WasHole = true;
        }
    }

    private ModelRun? Any() => _runs.Count == 0 ? null : _runs[_world.Random.Next(_runs.Count)];
}

/// <summary>A run of the account.</summary>
internal sealed class ModelRun(string id, long createdAt)
{
    public const int Finished = 3;

    private static readonly string[] Statuses = ["REGISTERED", "PENDING", "IN_PROGRESS", "COMPLETED"];

    private readonly List<(long At, int State, int Version)> _values = [];
    private (int Values, bool IsHole) _written;
    private string _json = "";
    private int _hashed;
    private UInt128 _hash;

    public string Id => id;

    public long CreatedAt => createdAt;

    public int State => _values[^1].State;

    /// <summary>True while the upstream sends it without an id.</summary>
    public bool IsHole { get; set; }

    public bool WasHole { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>The run as the upstream sends it now.</summary>
    public string Json
    {
        get
        {
            if (_written != (_values.Count, IsHole))
            {
                var created = SimulatedProcess.WorldBegins.AddTicks(createdAt)
                    .ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
                var sentId = IsHole ? "" : $"\"run_id\":\"{id}\",";
                _written = (_values.Count, IsHole);
                _json = $$"""{{{sentId}}"run_name":"{{_values[^1].Version}}","status":"{{Statuses[State]}}","created_at":"{{created}}"}""";
            }

            return _json;
        }
    }

    /// <summary>Gives the run another value, which no earlier one equals.</summary>
    public void Advance(int state, long now) => _values.Add((now, state, _values.Count));

    /// <summary>The name of the present value.</summary>
    public string Version => _values[^1].Version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the time at which a value ended; the greatest one for the present value.</summary>
    public long EndOf(string name) =>
        int.Parse(name, CultureInfo.InvariantCulture) is var version && version + 1 < _values.Count
            ? _values[version + 1].At
            : long.MaxValue;

    /// <summary>Returns the hash of the run's JSON as the gateway writes it.</summary>
    public UInt128 HashOf(TaskRunNormalizer normalizer)
    {
        if (_hashed != _values.Count)
        {
            normalizer.TryNormalize(Encoding.UTF8.GetBytes($$"""{"runs":[{{Json}}]}"""), out var response, out _);
            (_hashed, _hash) = (_values.Count, response!.Rows.Hashes[0]);
        }

        return _hash;
    }
}
