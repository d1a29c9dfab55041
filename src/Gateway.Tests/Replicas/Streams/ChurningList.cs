using System.Collections.Concurrent;
using System.Globalization;
using NclueGateway.Sandbox.Nclue;
using NclueGateway.Tests.TaskRuns.Normalizing;
using NclueGateway.Tests.TaskRuns.Queries;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>
/// The upstream's list, the newest run first, that changes as a test says and by nothing else: so that there is one truth in the end.
/// </summary>
internal sealed class ChurningList
{
    /// <summary>Number of runs that have not ended. Those change, and the gateway reads them often.</summary>
    private const int Unfinished = 50;

    private readonly SimulatedNclue _nclue;
    private readonly Random _random = new(19);
    private readonly List<(ListedRun Run, string Row)> _runs = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _successors = [];
    private int _created;
    private int _changed;

    public ChurningList(SimulatedNclue nclue, int count)
    {
        _nclue = nclue;
        for (var minute = count; minute > 0; minute--)
        {
            Create(TimeProvider.System.GetUtcNow().AddMinutes(-minute));
        }

        Publish();
    }

    /// <summary>A run a second, ten changes a second and a deletion every two seconds, for some time.</summary>
    public async Task ChurnAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        for (var tick = 1; tick <= duration / pace.Period; tick++)
        {
            await pace.WaitForNextTickAsync(cancellationToken);
            if (tick % 10 == 0)
            {
                Create(TimeProvider.System.GetUtcNow());
            }

            if (tick % 20 == 0)
            {
                _runs.RemoveAt(_random.Next(1, _runs.Count)); // never the newest: it shows how old a copy of the list is
            }

            var place = _random.Next(Unfinished);
            Put(place, _runs[place].Run with { Name = $"바뀐 이름 {++_changed}" });
            Publish();
        }
    }

    /// <summary>Returns the list as a reader of it and of all changes must have it.</summary>
    public RunSet Expected()
    {
        var expected = new RunSet();
        foreach (var part in _runs.Chunk(100))
        {
            var rows = NormalizerInputs.Normalize(NormalizerInputs.Body(part.Select(run => run.Row))).Rows;
            for (var row = 0; row < part.Length; row++)
            {
                expected.Add(part[row].Run.Id, RunSet.HashOf(rows.Slice(row, row + 1).Span));
            }
        }

        return expected;
    }

    /// <summary>Returns the time at which a run ceased to be the newest; null for the newest one.</summary>
    public DateTimeOffset? SucceededAt(string id) => _successors.TryGetValue(id, out var at) ? at : null;

    private void Create(DateTimeOffset at)
    {
        if (_created > 0)
        {
            _successors[_runs[0].Run.Id] = at;
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"run-{_created++:000000}");
        _runs.Insert(0, default);
        Put(0, new(id) { Name = $"name of {id}", Status = new("in_progress", "in_progress"), CreatedAt = ListedRun.At(at) });
        if (_runs.Count > Unfinished)
        {
            Put(Unfinished, _runs[Unfinished].Run with { Status = new("completed", "completed"), CompletedAt = ListedRun.At(at) });
        }
    }

    private void Put(int place, ListedRun run) => _runs[place] = (run, run.Row);

    private void Publish() => _nclue.Rows = [.. _runs.Select(run => run.Row)];
}
