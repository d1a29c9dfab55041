using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NclueGateway.TaskRuns.Normalizing;

/// <summary>
/// Reads text and whole numbers from JSON tokens (RFC 8259), so that malformed text of one run does not make a whole
/// block unreadable.
/// </summary>
/// <remarks>
/// <see cref="Utf8JsonReader.GetString"/> throws on invalid UTF-8 and on a lone surrogate escape (<c>\ud800</c>); here
/// each becomes U+FFFD.
/// </remarks>
internal static class JsonText
{
    /// <summary>Returns the text of a property's name, a string or a number; always well-formed UTF-16.</summary>
    public static string Decode(in Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        return reader.ValueIsEscaped ? Unescape(text) : text;
    }

    /// <summary>
    /// Returns a string or a number as text, as it is written; null for every other kind and for an empty string.
    /// </summary>
    public static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            reader.Skip();
            return null;
        }

        return Decode(in reader) is { Length: > 0 } text ? text : null;
    }

    /// <summary>
    /// Returns the value as a count, 0 to 2⁶³ − 1: a number without a fraction (12, 12.0, 1e2) or a string of digits;
    /// otherwise null.
    /// </summary>
    public static long? ReadCount(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            const NumberStyles WholeJsonNumber = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
            return long.TryParse(reader.ValueSpan, WholeJsonNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        return long.TryParse(Read(ref reader), NumberStyles.None, CultureInfo.InvariantCulture, out var digits) ? digits : null;
    }

    /// <summary>
    /// Replaces escape sequences by their characters. The reader has validated them: <c>\u</c> is followed by four hex
    /// digits.
    /// </summary>
    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case 'b': plain.Append('\b'); break;
                case 'f': plain.Append('\f'); break;
                case 'n': plain.Append('\n'); break;
                case 'r': plain.Append('\r'); break;
                case 't': plain.Append('\t'); break;
                case 'u':
                    plain.Append((char)ushort.Parse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    i += 4;
                    break;
                default: plain.Append(text[i]); break; // a quote, a backslash or a slash
            }
        }

        return ReplaceLoneSurrogates(plain.ToString());
    }

    // The round trip through UTF-8 replaces a lone surrogate by U+FFFD.
    private static string ReplaceLoneSurrogates(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
