using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace NclueGateway.Http;

/// <summary>Lists in the headers of a request.</summary>
internal static class HeaderList
{
    public delegate bool TryParse<T>(StringSegment element, [NotNullWhen(true)] out T? value);

    /// <summary>Parses the elements of a list one by one and ignores malformed ones.</summary>
    /// <remarks>The framework's <c>TryParseList</c> is not used: it is quadratic on malformed lists (dotnet/aspnetcore #66668).</remarks>
    public static List<T> Parse<T>(IEnumerable<string> elements, TryParse<T> tryParse)
    {
        var values = new List<T>();
        foreach (var element in elements)
        {
            if (tryParse(element, out var value))
            {
                values.Add(value);
            }
        }

        return values;
    }
}
