using System.Text.RegularExpressions;
using NclueGateway.Http;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// Address to which a browser is redirected after sign-in: a path of the gateway, or an address at an allowed frontend. An
/// address that two parsers could read differently is refused (RFC 9700 §4.11).
/// </summary>
internal static partial class ReturnUrl
{
    private const int MaxLength = 2_000;

    /// <summary>Returns the value of a <c>Location</c> header, or null when the browser must not be redirected there.</summary>
    /// <param name="text">The query parameter, decoded once as every parameter is.</param>
    /// <param name="allowedOrigins">The origins of the frontends.</param>
    public static string? Check(string text, IEnumerable<string> allowedOrigins)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        // Checks every level of encoding: a server or proxy after this one may decode the address again.
        for (string? before = null, now = text; now != before; (before, now) = (now, Uri.UnescapeDataString(now)))
        {
            if (now.Any(c => char.IsControl(c) || c == '\\') || now.StartsWith("//", StringComparison.Ordinal))
            {
                return null;
            }
        }

        if (text[0] == '/')
        {
            return NotAscii().Replace(text, run => Uri.EscapeDataString(run.Value));
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.UserInfo.Length == 0
            && text.StartsWith($"{url.Scheme}://", StringComparison.OrdinalIgnoreCase)
            && allowedOrigins.Contains(Origin.Of(url), StringComparer.Ordinal)
            ? url.AbsoluteUri
            : null;
    }

    // Not ASCII, which a header must be. Nothing else is escaped: a parser's normalization could change the meaning.
    [GeneratedRegex("[^\\x21-\\x7F]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotAscii();
}
