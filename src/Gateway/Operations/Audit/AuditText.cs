using System.Globalization;
using System.Text;

namespace NclueGateway.Operations.Audit;

/// <summary>Makes text that others have chosen fit for a log: short, on one line, and looking like what it is.</summary>
internal static class AuditText
{
    /// <summary>How many characters are kept, at most.</summary>
    public const int MaxLength = 128;

    /// <summary>
    /// Replaces control characters, line and paragraph separators, invisible and direction-changing characters (Unicode's Cc, Zl, Zp, Cf)
    /// and halves of characters by U+FFFD; cuts what is too long and says so by an ellipsis.
    /// </summary>
    public static string? Clean(string? text)
    {
        if (text is null || (text.Length <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            return text;
        }

        var clean = new StringBuilder(MaxLength + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > MaxLength)
            {
                clean.Append('…');
                break;
            }

            clean.Append((IsVisible(rune) ? rune : Rune.ReplacementChar).ToString());
        }

        return clean.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
