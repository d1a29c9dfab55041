using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>Reads a page from a query: <c>index</c> and <c>limit</c>, ASCII digits only, each at most once, and nothing else.</summary>
internal static class PageQuery
{
    /// <returns>False when the query is wrong; <paramref name="errors"/> then names each parameter that is, and says why.</returns>
    public static bool TryParse(string? query, out PageRequest request, [NotNullWhen(false)] out Dictionary<string, string[]>? errors)
    {
        int? index = null;
        int? limit = null;
        errors = null; // most queries need none
        foreach (var pair in new QueryStringEnumerable(query))
        {
            switch (pair.DecodeName().Span)
            {
                case "index":
                    index = Read("index", index, pair.DecodeValue().Span, 0, PageRequest.MaxIndex, ref errors);
                    break;
                case "limit":
                    limit = Read("limit", limit, pair.DecodeValue().Span, 1, PageRequest.MaxLimit, ref errors);
                    break;
                case var unknown:
                    Say(ref errors, unknown.ToString(), "There is no such parameter.");
                    break;
            }
        }

        request = new(index ?? 0, limit ?? PageRequest.DefaultLimit);
        return errors is null;
    }

    private static int? Read(
        string name, int? before, ReadOnlySpan<char> value, int least, int most, ref Dictionary<string, string[]>? errors)
    {
        if (before is not null || errors?.ContainsKey(name) == true)
        {
            Say(ref errors, name, "It must not be repeated.");
            return before;
        }

        // Longer numbers than these are out of range whatever they are, unless they begin with zeros.
        var digits = value.TrimStart('0');
        if (value.Length > 0 && !value.ContainsAnyExceptInRange('0', '9') && digits.Length <= 9)
        {
            var number = digits.Length == 0 ? 0 : int.Parse(digits);
            if (number >= least && number <= most)
            {
                return number;
            }
        }

        Say(ref errors, name, $"It must be a whole number from {least} to {most}, in digits only.");
        return null;
    }

    private static void Say(ref Dictionary<string, string[]>? errors, string name, string error) =>
        (errors ??= new(StringComparer.Ordinal))[name] = [error];
}
