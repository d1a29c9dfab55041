using System.Diagnostics.CodeAnalysis;

namespace NclueGateway.TaskRuns.Queries;

/// <summary>
/// Compares names of models without case and without zeros before their number, since NCLUE's documentation uses NFM2 and NFM02 for one
/// model. (Source: https://api.ncloud-docs.com/docs/nclue-gettaskrunlist)
/// </summary>
internal sealed class ModelNameComparer : IEqualityComparer<string>
{
    public static readonly ModelNameComparer Instance = new();

    /// <summary>Returns the spelling that all spellings of a name have in common: NFM2 for nfm02.</summary>
    public static string Normalize(string name)
    {
        var (letters, rest) = Split(name);
        return string.Concat(name.AsSpan(0, letters), name.AsSpan(rest)).ToUpperInvariant();
    }

    public bool Equals(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return ReferenceEquals(x, y);
        }

        var (one, other) = (Split(x), Split(y));
        return x.AsSpan(0, one.Letters).Equals(y.AsSpan(0, other.Letters), StringComparison.OrdinalIgnoreCase)
            && x.AsSpan(one.Remainder).Equals(y.AsSpan(other.Remainder), StringComparison.OrdinalIgnoreCase);
    }

    public int GetHashCode([DisallowNull] string obj)
    {
        var (letters, rest) = Split(obj);
        return HashCode.Combine(
            string.GetHashCode(obj.AsSpan(0, letters), StringComparison.OrdinalIgnoreCase),
            string.GetHashCode(obj.AsSpan(rest), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Returns the number of letters with which a name begins, and the place after the zeros that follow them.</summary>
    private static (int Letters, int Remainder) Split(string name)
    {
        var letters = 0;
        while (letters < name.Length && char.IsAsciiLetter(name[letters]))
        {
            letters++;
        }

        var rest = letters;
        while (letters > 0 && rest + 1 < name.Length && name[rest] == '0' && char.IsAsciiDigit(name[rest + 1]))
        {
            rest++;
        }

        return (letters, rest);
    }
}
