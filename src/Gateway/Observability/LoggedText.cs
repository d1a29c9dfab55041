using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NclueGateway.Configuration;

namespace NclueGateway.Observability;

/// <summary>Text of callers and upstreams in a log.</summary>
internal static class LoggedText
{
    /// <summary>Maximum number of characters of a name: as many as a subject may have (OpenID Connect Core 1.0 §2).</summary>
    public const int MaxName = 255;

    /// <summary>Length of the hash of a name in characters: 128 bits of SHA-256.</summary>
    private const int HashLength = 32;

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

    /// <summary>
    /// Cleans a name for the audit. Different names stay different: a changed name ends in <c>#</c> and the first half
    /// of the SHA-256 of the original in UTF-8. An original with lone surrogates, which UTF-8 cannot encode, is hashed
    /// as UTF-16 after a byte 0xFF, with which no UTF-8 begins. A name that itself contains U+FFFD also gets a hash: it
    /// could imitate a changed one.
    /// </summary>
    public static string? CleanName(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var clean = Clean(name, MaxName);
        return clean == name && !name.Contains('\ufffd', StringComparison.Ordinal) ? name : $"{clean} #{Hash(name)}";
    }

    private static string Hash(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (Encoding.UTF8.GetString(bytes) != text)
        {
            bytes = [0xFF, .. MemoryMarshal.AsBytes(text.AsSpan())];
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes))[..HashLength];
    }
}
