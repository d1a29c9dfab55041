using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NclueGateway.TaskRuns.Snapshot.Log;

namespace NclueGateway.Tests.Simulation;

/// <summary>A model of the snapshot's log in Redis: the fields of its hash, and what <c>append.lua</c> does with them.</summary>
internal sealed class ModelLog
{
    private static readonly string[] Names = ["epoch", "top", "chain", "checkpoints"];

    private SortedDictionary<string, byte[]> _fields = new(StringComparer.Ordinal);

    /// <summary>The fields.</summary>
    public IReadOnlyDictionary<string, byte[]> Fields => _fields;

    /// <summary>Returns a copy of all fields, which <see cref="Restore"/> takes: after a failover, or from a backup.</summary>
    public IReadOnlyDictionary<string, byte[]> Copy() => new SortedDictionary<string, byte[]>(_fields, StringComparer.Ordinal);

    /// <summary>Replaces all fields; an empty copy is a Redis that restarted empty.</summary>
    public void Restore(IReadOnlyDictionary<string, byte[]> copy) =>
        _fields = new(copy.ToDictionary(field => field.Key, field => field.Value), StringComparer.Ordinal);

    /// <summary>Writes a field, as any program can; removes it if the value is null.</summary>
    public void Spoil(string name, byte[]? value)
    {
        if (value is null)
        {
            _fields.Remove(name);
        }
        else
        {
            _fields[name] = value;
        }
    }

    /// <inheritdoc cref="ILogStore.GetAsync"/>
    public IReadOnlyList<byte[]?> Get(IReadOnlyList<string> names) => [.. names.Select(name => _fields.GetValueOrDefault(name))];

    /// <inheritdoc cref="ILogStore.TryWriteAsync"/>
    public bool TryWrite(IReadOnlyList<LogField> expected, IReadOnlyList<LogField> written)
    {
        if (expected.Any(field => !field.Value.AsSpan().SequenceEqual(_fields.GetValueOrDefault(field.Name))))
        {
            return false;
        }

        var checkpoints = written.Where(field => field.Name == "checkpoints")
            .SelectMany(field => Regex.Matches(Encoding.ASCII.GetString(field.Value), "([0-9a-f]+) ([0-9]+)(?: ([0-9]+))?[^\n]*"))
            .Select(line => (
                Id: line.Groups[1].Value,
                Number: Number(line.Groups[2].Value),
                Pieces: (int)Number($"0{line.Groups[3].Value}")))
            .ToList();
        if (checkpoints.Take(1).Any(checkpoint =>
            Enumerable.Range(0, checkpoint.Pieces).Any(n => !_fields.ContainsKey($"{checkpoint.Id}:{n}"))))
        {
            return false;
        }

        foreach (var field in written)
        {
            _fields[field.Name] = field.Value;
        }

        if (written.Any(field => field.Name == "checkpoints"))
        {
            var top = Number(Encoding.ASCII.GetString(_fields["top"]));
            var oldest = checkpoints.Select(checkpoint => checkpoint.Number).DefaultIfEmpty(long.MaxValue).Min();
            bool IsNeeded(string name) => Names.Contains(name)
                || (Regex.IsMatch(name, "^[0-9]+$") && Number(name) > oldest && Number(name) <= top)
                || checkpoints.Exists(checkpoint => Regex.IsMatch(name, $"^{checkpoint.Id}:[0-9]+$"));
            foreach (var name in _fields.Keys.Where(name => !IsNeeded(name)).ToList())
            {
                _fields.Remove(name);
            }
        }

        return true;
    }

    private static long Number(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
}
