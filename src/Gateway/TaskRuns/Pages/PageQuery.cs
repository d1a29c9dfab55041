using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.WebUtilities;
using NclueGateway.Mirror.Blocks;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>
/// Parses the query of a page: <c>index</c> and <c>limit</c>, in ASCII digits, each at most once. Any other parameter
/// is an error.
/// </summary>
internal static class PageQuery
{
    /// <returns>
    /// False when the query is invalid; <paramref name="errors"/> then holds the reasons for each invalid parameter.
    /// </returns>
    public static bool TryParse(string? query, out PageRequest request, [NotNullWhen(false)] out Dictionary<string, string[]>? errors)
    {
        int? index = null;
        int? limit = null;
        errors = null; // allocated only for an invalid query
        foreach (var pair in new QueryStringEnumerable(query))
        {
            switch (pair.DecodeName().Span)
            {
                case "index":
                    index = ReadNumber("index", index, pair.DecodeValue().Span, 0, PageRequest.MaxIndex, ref errors);
                    break;
                case "limit":
                    limit = ReadNumber("limit", limit, pair.DecodeValue().Span, 1, PageRequest.MaxLimit, ref errors);
                    break;
                case var unknown:
                    AddError(ref errors, unknown.ToString(), "There is no such parameter.");
                    break;
            }
        }

        request = new(index ?? 0, limit ?? PageRequest.DefaultLimit);
        return errors is null;
    }

    private static int? ReadNumber(
        string name, int? before, ReadOnlySpan<char> value, int least, int most, ref Dictionary<string, string[]>? errors)
    {
        if (before is not null || errors?.ContainsKey(name) == true)
        {
            AddError(ref errors, name, "It must not be repeated.");
            return before;
        }

        // A number of more than 9 digits after leading zeros is out of range, and might not fit into an int.
        var digits = value.TrimStart('0');
        if (value.Length > 0 && !value.ContainsAnyExceptInRange('0', '9') && digits.Length <= 9)
        {
            var number = digits.Length == 0 ? 0 : int.Parse(digits);
            if (number >= least && number <= most)
            {
                return number;
            }
        }

        AddError(ref errors, name, $"It must be a whole number from {least} to {most}, in digits only.");
        return null;
    }

    private static void AddError(ref Dictionary<string, string[]>? errors, string name, string error) =>
        (errors ??= new(StringComparer.Ordinal))[name] = [error];
}
