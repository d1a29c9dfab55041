using NclueGateway.TaskRuns.Snapshot;
using static NclueGateway.TaskRuns.Normalizing.TaskRunDtos;
using static NclueGateway.TaskRuns.Queries.SummaryDtos;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>Counts of runs by a key.</summary>
/// <param name="keys">Compares keys; null for ordinal comparison.</param>
internal sealed class RunGroups(IEqualityComparer<string>? keys = null)
{
    private readonly Dictionary<string, RunGroup> _groups = new(keys ?? StringComparer.Ordinal);
    private RunGroup? _withoutKey;

    /// <summary>The largest groups, at most <see cref="RunSummary.MaxEntries"/>.</summary>
    public IEnumerable<RunGroup> Largest => Ordered.Take(RunSummary.MaxEntries);

    /// <summary>The groups that <see cref="Largest"/> does not contain.</summary>
    public OmittedCount Omitted
    {
        get
        {
            var omitted = Ordered.Skip(RunSummary.MaxEntries).ToList();
            return new() { Entries = omitted.Count, Runs = omitted.Sum(group => group.Total), Failed = omitted.Sum(group => group.Failed) };
        }
    }

    private IEnumerable<RunGroup> Ordered => _groups.Values.Concat(_withoutKey is null ? [] : [_withoutKey])
        .OrderByDescending(group => group.Total)
        .ThenBy(group => group.Key, StringComparer.Ordinal);

    /// <summary>Counts a run.</summary>
    /// <param name="key">The key; null is a group of its own.</param>
    /// <param name="name">The name that the run has for the key. The group gets that of its newest run.</param>
    /// <param name="run">The run.</param>
    public void Add(string? key, string? name, RunColumns run)
    {
        var group = key is null ? _withoutKey ??= new(null) : _groups.GetValueOrDefault(key);
        if (group is null)
        {
            _groups.Add(key!, group = new(key));
        }

        group.Total++;
        group.Failed += run.Status == TaskRunStatus.Failed ? 1 : 0;
        if (group.Total == 1 || run.CreatedAt > group.NamedAt)
        {
            (group.Name, group.NamedAt) = (name, run.CreatedAt ?? group.NamedAt);
        }
    }
}

/// <summary>The number of runs with one key.</summary>
internal sealed class RunGroup(string? key)
{
    public string? Key => key;

    public string? Name { get; set; }

    /// <summary>Time of creation of the run that <see cref="Name"/> is from.</summary>
    public DateTimeOffset NamedAt { get; set; }

    public int Total { get; set; }

    public int Failed { get; set; }
}
