using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace NclueGateway.Caching;

/// <summary>Conditional requests by entity tag (RFC 9110 §13.1.2).</summary>
internal static class EntityTags
{
    /// <summary>Whether <c>If-None-Match</c> names the tag, weakly compared, in any content coding, or is <c>*</c>.</summary>
    /// <param name="ifNoneMatch">The field's values; what cannot be parsed matches nothing.</param>
    /// <param name="tag">The strong tag of the answer without a content coding, in its quotes.</param>
    public static bool Match(StringValues ifNoneMatch, string tag)
    {
        if (ifNoneMatch.Count == 0 || !EntityTagHeaderValue.TryParseList(ifNoneMatch, out var candidates))
        {
            return false;
        }

        var opaque = tag.AsSpan(1, tag.Length - 2);
        foreach (var candidate in candidates)
        {
            if (candidate.Equals(EntityTagHeaderValue.Any))
            {
                return true;
            }

            // Whoever compresses the answer on its way may mark the tag with the coding: "abc-gzip" is our "abc".
            var given = candidate.Tag.AsSpan().Trim('"');
            if (given.StartsWith(opaque, StringComparison.Ordinal) && given[opaque.Length..] is "" or "-gzip" or "-br")
            {
                return true;
            }
        }

        return false;
    }
}
