using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>Preferences of the client for a media type and a content coding (RFC 9110 §12.5). Malformed elements are ignored.</summary>
/// <remarks>
/// Elements are parsed one by one: the framework's <c>TryParseList</c> is quadratic on malformed lists (dotnet/aspnetcore#66668).
/// </remarks>
internal static class ContentNegotiation
{
    public const string Gzip = "gzip";
    public const string Brotli = "br";

    /// <summary>
    /// Returns the quality of a media type by <c>Accept</c>. A header in which all elements are malformed counts as
    /// absent.
    /// </summary>
    /// <param name="headers">The headers of the request.</param>
    /// <param name="mediaType">The type, without parameters.</param>
    /// <returns>0 (not acceptable) to 1.</returns>
    public static double QualityOf(IHeaderDictionary headers, string mediaType)
    {
        var lines = headers.Accept;
        if (lines.Count == 0 || (lines.Count == 1 && (lines[0] == mediaType || lines[0] == "*/*")))
        {
            return 1; // nearly all clients send one of these; no parsing is needed
        }

        var ranges = headers.GetCommaSeparatedValues(HeaderNames.Accept)
            .Select(element => MediaTypeHeaderValue.TryParse(element, out var range) ? range : null)
            .OfType<MediaTypeHeaderValue>()
            .ToList();

        // The most specific range that covers the type decides.
        var best = ranges
            .Where(range => range.MatchesAllTypes || range.MatchesMediaType(mediaType))
            .MaxBy(range => (range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2, range.Parameters.Count));
        return ranges.Count == 0 ? 1 : best is null ? 0 : best.Quality ?? 1;
    }

    /// <summary>
    /// Returns the coding that the client prefers by <c>Accept-Encoding</c>. Among equally preferred codings, it is the
    /// one that compresses best. Null, for no coding, is also the result of a malformed header.
    /// </summary>
    public static string? ChooseCoding(IHeaderDictionary headers)
    {
        if (headers.AcceptEncoding.Count == 0)
        {
            return null; // as many programs do; no parsing is needed
        }

        var accepted = headers.AcceptEncoding
            .SelectMany(line => line!.Split(',')) // a coding is a token, so no comma is quoted
            .Select(element => StringWithQualityHeaderValue.TryParse(element, out var coding) ? coding : null)
            .OfType<StringWithQualityHeaderValue>()
            .ToList();
        var brotli = Quality(Brotli) ?? Quality("*") ?? 0;
        var gzip = Quality(Gzip) ?? Quality("*") ?? 0;
        var best = Math.Max(brotli, gzip);

        // If the field does not name "identity", sending without a coding is acceptable too, but with a lower preference
        // than named codings.
        return best == 0 || best < (Quality("identity") ?? 0) ? null : brotli == best ? Brotli : Gzip;

        double? Quality(string name)
        {
            var element = accepted.Find(value => value.Value.Equals(name, StringComparison.OrdinalIgnoreCase));
            return element is null ? null : element.Quality ?? 1;
        }
    }
}
