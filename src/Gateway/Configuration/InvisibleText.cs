using System.Globalization;
using System.Text;

namespace NclueGateway.Configuration;

/// <summary>
/// Detects characters that a reader does not see. In a setting they are never intended. In names they can make two
/// different names look the same.
/// </summary>
internal static class InvisibleText
{
    /// <summary>
    /// Returns the error in the text of a setting, in a message that does not quote it; null if there is none.
    /// </summary>
    public static string? Validate(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (IsBlank(text[0]))
        {
            return $"it begins with white space ({CodePoint(text[0])}).";
        }

        if (IsBlank(text[^1]))
        {
            return $"it ends with white space or a line break ({CodePoint(text[^1])}).";
        }

        // A decoder puts the replacement character in place of bytes that it could not decode: the value is not the intended one.
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || IsInvisible(rune))
            {
                return $"it has a control character, an invisible character or one that could not be decoded ({CodePoint(rune.Value)}).";
            }
        }

        return null;
    }

    /// <summary>
    /// Returns true if a reader does not see a character, or takes it for a space. These are Unicode's categories Cc, Cf, Zl,
    /// Zp and Zs (except the two spaces that people type), and visibly empty ones of Default_Ignorable_Code_Point.
    /// </summary>
    public static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.SpaceSeparator => rune.Value is not (' ' or 0x3000),
        _ => rune.Value
            is 0x034F // combining grapheme joiner
            or 0x115F or 0x1160 or 0x3164 or 0xFFA0 // fillers of Hangul
            or 0x17B4 or 0x17B5 // inherent vowels of Khmer
            or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) // variation selectors
            or 0x2800, // braille without a dot
    };

    private static bool IsBlank(char c) => char.IsWhiteSpace(c);

    private static string CodePoint(int character) => string.Create(CultureInfo.InvariantCulture, $"U+{character:X4}");
}
