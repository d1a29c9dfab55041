using System.Text;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Where a browser may be sent after sign-in: to a path of the gateway, or to a frontend on the list. Anything that two parsers could read
/// in two ways is refused (RFC 9700 §4.11).
/// </summary>
internal static class ReturnUrl
{
    private const int MaxLength = 2_000;

    /// <summary>The value of a <c>Location</c> header, or null when the browser must not be sent there.</summary>
    /// <param name="text">What came in the query, decoded once as every parameter is.</param>
    /// <param name="allowedOrigins">The frontends.</param>
    public static string? Check(string text, IEnumerable<string> allowedOrigins)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        // What is encoded here may be decoded by whoever is next.
        for (string? before = null, now = text; now != before; (before, now) = (now, Uri.UnescapeDataString(now)))
        {
            if (now.Any(c => char.IsControl(c) || c == '\\') || now.StartsWith("//", StringComparison.Ordinal))
            {
                return null;
            }
        }

        if (text[0] == '/')
        {
            return Escape(text);
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.UserInfo.Length == 0
            && text.StartsWith($"{url.Scheme}://", StringComparison.OrdinalIgnoreCase)
            && allowedOrigins.Contains(Origin.Of(url), StringComparer.Ordinal)
            ? url.AbsoluteUri
            : null;
    }

    /// <summary>A header is ASCII. Nothing else is changed: what a parser would tidy up could come to mean something else.</summary>
    private static string Escape(string path)
    {
        var escaped = new StringBuilder(path.Length);
        foreach (var rune in path.EnumerateRunes())
        {
            _ = rune.IsAscii && rune.Value != ' ' ? escaped.Append((char)rune.Value) : escaped.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return escaped.ToString();
    }
}
