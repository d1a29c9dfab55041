using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.TaskRuns;

/// <summary>How the body of an answer is coded (RFC 9110, section 8.4.1). The numbers are places in a table.</summary>
internal enum ContentCoding
{
    Identity = 0,
    Gzip = 1,
    Brotli = 2,
}

/// <summary>Reads <c>Accept-Encoding</c> (RFC 9110, section 12.5.3). What cannot be parsed is passed over, as if it had not been sent.</summary>
internal static class ContentCodings
{
    /// <summary>Callers send a handful of values, and always the same: each is read once.</summary>
    private const int MostKnown = 64;

    private static readonly ConcurrentDictionary<string, ContentCoding> Known = new(StringComparer.Ordinal);

    /// <summary>The coding that the caller likes best; of those it likes alike the one that makes the body smallest. Identity in doubt.</summary>
    public static ContentCoding Choose(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0)
        {
            return ContentCoding.Identity;
        }

        var text = acceptEncoding.ToString();
        if (Known.TryGetValue(text, out var known))
        {
            return known;
        }

        var coding = Parse(acceptEncoding);
        if (Known.Count < MostKnown)
        {
            Known.TryAdd(text, coding);
        }

        return coding;
    }

    /// <summary>The name of a coding as headers and entity tags have it; null for none.</summary>
    public static string? Name(this ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => "gzip",
        ContentCoding.Brotli => "br",
        _ => null,
    };

    private static ContentCoding Parse(StringValues acceptEncoding)
    {
        // Not by TryParseList, which is quadratic on malformed lists. A coding is a token, so no comma is quoted.
        var accepted = new List<StringWithQualityHeaderValue>();
        foreach (var element in acceptEncoding.SelectMany(line => line!.Split(',')))
        {
            if (StringWithQualityHeaderValue.TryParse(element, out var value))
            {
                accepted.Add(value);
            }
        }

        var brotli = QualityOf("br");
        var gzip = QualityOf("gzip");
        var best = Math.Max(brotli, gzip);

        // Without a word about it, no coding at all is welcome too, but less than what is named.
        return best == 0 || best < (Find("identity") ?? 0) ? ContentCoding.Identity
            : brotli == best ? ContentCoding.Brotli
            : ContentCoding.Gzip;

        double QualityOf(string name) => Find(name) ?? Find("*") ?? 0;

        double? Find(string name) => accepted.FirstOrDefault(value => value.Value.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } value
            ? value.Quality ?? 1
            : null;
    }
}
