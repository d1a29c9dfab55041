using Microsoft.Extensions.Primitives;

namespace NclueGateway.Caching;

/// <summary>Conditional requests by entity tag (RFC 9110 §8.8.3 and §13.1.2).</summary>
/// <remarks>
/// Not by the framework's <c>EntityTagHeaderValue</c>: its list parser throws on <c>W/</c> at the end of a header (10.0), so that any caller could
/// make the gateway fail.
/// </remarks>
internal static class EntityTags
{
    /// <summary>Whether <c>If-None-Match</c> names the tag, weakly compared, in any content coding, or is <c>*</c>.</summary>
    /// <param name="ifNoneMatch">The field's lines; from what is no tag on, a line names nothing.</param>
    /// <param name="tag">The strong tag of the answer without a content coding, in its quotes.</param>
    public static bool Match(StringValues ifNoneMatch, string tag)
    {
        foreach (var line in ifNoneMatch)
        {
            var rest = line.AsSpan().Trim(" \t");
            if (rest is "*")
            {
                return true;
            }

            while (TryTake(ref rest, out var given))
            {
                if (IsCodingOf(given, tag.AsSpan(1, tag.Length - 2)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Takes the next tag off a list, without its quotes.</summary>
    private static bool TryTake(ref ReadOnlySpan<char> list, out ReadOnlySpan<char> tag)
    {
        list = list.TrimStart(" \t,");
        var start = list.StartsWith("\"") ? 1 : list.StartsWith("W/\"") ? 3 : 0;
        var length = start == 0 ? -1 : list[start..].IndexOf('"');
        if (length < 0)
        {
            tag = default;
            return false;
        }

        tag = list.Slice(start, length);
        list = list[(start + length + 1)..];
        return true;
    }

    /// <summary>Whoever compresses the answer on its way may mark the tag with the coding: <c>abc-gzip</c> is our <c>abc</c>.</summary>
    private static bool IsCodingOf(ReadOnlySpan<char> given, ReadOnlySpan<char> tag) =>
        given.StartsWith(tag, StringComparison.Ordinal) && given[tag.Length..] is "" or "-gzip" or "-br";
}
