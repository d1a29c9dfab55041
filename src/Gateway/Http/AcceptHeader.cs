using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>
/// The parsed header <c>Accept</c> (RFC 9110 §12.5.1). Malformed elements are ignored; a header with malformed elements
/// only counts as absent.
/// </summary>
internal readonly struct AcceptHeader
{
    private readonly List<MediaTypeHeaderValue> _ranges;

    /// <param name="headers">The headers of the request.</param>
    public AcceptHeader(IHeaderDictionary headers) =>
        _ranges = HeaderList.Parse<MediaTypeHeaderValue>(
            headers.GetCommaSeparatedValues(HeaderNames.Accept), MediaTypeHeaderValue.TryParse);

    /// <summary>Returns the quality of a media type, without parsing what nearly all clients send.</summary>
    /// <param name="headers">The headers of the request.</param>
    /// <param name="mediaType">The type, without parameters.</param>
    /// <returns>0 (not acceptable) to 1.</returns>
    public static double QualityOf(IHeaderDictionary headers, string mediaType)
    {
        var lines = headers.Accept;
        return lines.Count == 0 || (lines.Count == 1 && (lines[0] == mediaType || lines[0] == "*/*"))
            ? 1
            : new AcceptHeader(headers).QualityOf(mediaType);
    }

    /// <summary>Returns the quality of a media type.</summary>
    /// <param name="mediaType">The type, without parameters.</param>
    /// <returns>0 (not acceptable) to 1.</returns>
    public double QualityOf(string mediaType)
    {
        if (_ranges.Count == 0)
        {
            return 1;
        }

        // The most specific range that covers the type decides.
        var best = _ranges
            .Where(range => range.MatchesAllTypes || range.MatchesMediaType(mediaType))
            .OrderByDescending(range => (range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2, range.Parameters.Count))
            .FirstOrDefault();
        return best is null ? 0 : best.Quality ?? 1;
    }
}
