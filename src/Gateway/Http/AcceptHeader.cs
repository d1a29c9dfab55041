using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Http;

/// <summary>Reads <c>Accept</c> (RFC 9110 §12.5.1). What cannot be parsed is passed over, as if it had not been sent.</summary>
internal static class AcceptHeader
{
    /// <summary>How welcome a media type is.</summary>
    /// <param name="accept">The lines of the header.</param>
    /// <param name="mediaType">The type, without parameters.</param>
    /// <returns>0 (not acceptable) to 1.</returns>
    public static double QualityOf(StringValues accept, string mediaType)
    {
        // What nearly everybody sends is not worth taking apart.
        if (accept.Count == 0 || (accept.Count == 1 && (accept[0] == mediaType || accept[0] == "*/*")) || !MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            return 1;
        }

        // The most specific range that covers the type decides.
        var best = ranges
            .Where(range => range.MatchesAllTypes || range.MatchesMediaType(mediaType))
            .OrderByDescending(range => (range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2, range.Parameters.Count))
            .FirstOrDefault();
        return best is null ? 0 : best.Quality ?? 1;
    }
}
