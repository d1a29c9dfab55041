using System.IO.Hashing;

namespace NclueGateway.Tests.Replicas.Streams;

/// <summary>The runs that a reader has, by id, as hashes of their JSON. Two sets are equal if their fingerprints are.</summary>
internal sealed class RunSet
{
    private readonly Dictionary<string, ulong> _runs = [];
    private ulong _sum;

    public int Count => _runs.Count;

    /// <summary>Number of runs and a hash of all of them, in any order.</summary>
    public (int Count, ulong Hash) Fingerprint => (_runs.Count, _sum);

    public static ulong HashOf(ReadOnlySpan<byte> json) => XxHash3.HashToUInt64(json);

    /// <summary>Adds a run; returns false if there is one with the id.</summary>
    public bool Add(string id, ulong hash)
    {
        var isNew = _runs.TryAdd(id, hash);
        _sum += isNew ? hash : 0;
        return isNew;
    }

    /// <summary>Removes a run; returns false if there is none with the id.</summary>
    public bool Remove(string id)
    {
        _sum -= _runs.Remove(id, out var hash) ? hash : 0;
        return hash != 0;
    }

    /// <summary>Describes how another set differs.</summary>
    public string DifferenceTo(RunSet other) => string.Join(
        ", ",
        _runs.Where(run => !other._runs.ContainsKey(run.Key)).Select(run => $"it lacks {run.Key}")
            .Concat(other._runs.Where(run => !_runs.ContainsKey(run.Key)).Select(run => $"it has {run.Key}"))
            .Concat(_runs.Where(run => other._runs.GetValueOrDefault(run.Key, run.Value) != run.Value)
                .Select(run => $"it has another {run.Key}"))
            .Take(10));
}
