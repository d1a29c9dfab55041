using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.TaskRuns.Pages;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// The parameters of one query string. Each method takes the values of a parameter out and collects its errors; what nothing has taken is
/// unknown.
/// </summary>
internal sealed class QueryParameters
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _errors = new(StringComparer.Ordinal);
    private readonly List<string> _text = [];

    /// <summary>Reads a query string.</summary>
    public QueryParameters(string? query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName().ToString();
            if (!_values.TryGetValue(name, out var values))
            {
                _values.Add(name, values = []);
            }

            values.Add(pair.DecodeValue().ToString());
        }

        Counts = [.. _values.Select(parameter => (parameter.Key, parameter.Value.Count))];
    }

    /// <summary>The names, and the number of values of each.</summary>
    public IReadOnlyList<(string Name, int Values)> Counts { get; }

    /// <summary>The names and numbers of the parameters, for the audit of a valid query: never a value.</summary>
    public string Audited => string.Join(", ", Counts.Select(parameter => $"{parameter.Name} {parameter.Values}"));

    /// <summary>Returns the errors by parameter, after all known parameters were taken: the others are unknown.</summary>
    public Dictionary<string, string[]> FindErrors()
    {
        foreach (var unknown in _values.Keys)
        {
            AddError(unknown, "There is no such parameter.");
        }

        return _errors;
    }

    /// <summary>
    /// The parameters that were added to the text, in one spelling and order: queries that mean the same have the same text.
    /// </summary>
    public string Text => string.Join('&', _text.Order(StringComparer.Ordinal));

    /// <summary>The parameter with the longest part of <see cref="Text"/>.</summary>
    public string Longest => _text.GroupBy(part => part[..part.IndexOf('=')]).MaxBy(parts => parts.Sum(part => part.Length))!.Key;

    public void AddError(string name, string error) => _errors[name] = [error];

    /// <summary>Adds a parameter to <see cref="Text"/>.</summary>
    public void AddText(string name, string value) => _text.Add($"{name}={Uri.EscapeDataString(value)}");

    /// <summary>Returns the value of a parameter; null without one, and with an error.</summary>
    public string? Single(string name)
    {
        if (!_values.Remove(name, out var values))
        {
            return null;
        }

        if (values.Count > 1)
        {
            AddError(name, "It must not be repeated.");
            return null;
        }

        return IsPresent(name, values[0]) ? values[0] : null;
    }

    /// <summary>Returns the value of a parameter as a whole number; null without one, and with an error.</summary>
    public int? Number(string name, int least, int most)
    {
        if (Single(name) is not { } value)
        {
            return null;
        }

        if (WholeNumber.TryParse(value, least, most, out var number))
        {
            return number;
        }

        AddError(name, WholeNumber.Error(least, most));
        return null;
    }

    /// <summary>Returns the chosen one of some values; null without one, and with an error.</summary>
    public T? Choice<T>(string name, IReadOnlyDictionary<string, T> values)
        where T : struct
    {
        if (Single(name) is not { } value)
        {
            return null;
        }

        if (values.TryGetValue(value, out var chosen))
        {
            return chosen;
        }

        AddError(name, $"It must be {Either(values.Keys)}.");
        return null;
    }

    /// <summary>Returns the chosen ones of some values, and adds them to the text; null without one, and with an error.</summary>
    public IReadOnlySet<T>? Choices<T>(string name, IReadOnlyDictionary<string, T> values)
        where T : notnull
    {
        if (Repeated(name, int.MaxValue) is not { } given)
        {
            return null;
        }

        if (!given.TrueForAll(values.ContainsKey))
        {
            AddError(name, $"Each value must be {Either(values.Keys)}.");
            return null;
        }

        return Add(name, given).Select(value => values[value]).ToHashSet();
    }

    /// <summary>Returns the values of a parameter, and adds them to the text; null without one, and with an error.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="most">Maximum number of values.</param>
    /// <param name="comparer">Returns true for two values with one meaning.</param>
    /// <param name="normalize">Returns the common spelling of such values.</param>
    public IReadOnlySet<string>? Texts(
        string name, int most, IEqualityComparer<string>? comparer = null, Func<string, string>? normalize = null) =>
        Repeated(name, most) is { } given ? Add(name, given.Select(normalize ?? (value => value))).ToHashSet(comparer) : null;

    private List<string>? Repeated(string name, int most)
    {
        if (!_values.Remove(name, out var values) || !values.TrueForAll(value => IsPresent(name, value)))
        {
            return null;
        }

        if (values.Count > most)
        {
            AddError(name, $"It must not have more than {most} values.");
            return null;
        }

        return values;
    }

    private List<string> Add(string name, IEnumerable<string> values)
    {
        List<string> distinct = [.. values.Distinct(StringComparer.Ordinal)];
        distinct.ForEach(value => AddText(name, value));
        return distinct;
    }

    private bool IsPresent(string name, string value)
    {
        if (value.Length == 0)
        {
            AddError(name, "It must not be empty.");
        }

        return value.Length > 0;
    }

    private static string Either(IEnumerable<string> values)
    {
        var all = values.ToList();
        return all.Count == 1 ? all[0] : $"{string.Join(", ", all[..^1])} or {all[^1]}";
    }
}
