using System.Text;
using NclueGateway.Configuration;

namespace NclueGateway.Observability;

/// <summary>Text of callers and upstreams in a log.</summary>
internal static class LoggedText
{
    /// <summary>
    /// Returns text that is safe on one line of a log: invisible characters and lone surrogates become U+FFFD, and a
    /// longer text is cut with an ellipsis.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">Maximum number of characters that are kept.</param>
    public static string Clean(string text, int maxLength)
    {
        if (text.Length <= maxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var visible = new StringBuilder(Math.Min(text.Length, maxLength) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (visible.Length + rune.Utf16SequenceLength > maxLength)
            {
                return visible.Append('…').ToString();
            }

            visible.Append((InvisibleText.IsInvisible(rune) ? Rune.ReplacementChar : rune).ToString());
        }

        return visible.ToString();
    }
}
