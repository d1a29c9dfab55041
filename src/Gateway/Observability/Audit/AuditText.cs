using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NclueGateway.Configuration;

namespace NclueGateway.Observability.Audit;

/// <summary>Makes text that others have chosen fit for a log: short, on one line, and looking like what it is. Two texts never become one.</summary>
internal static class AuditText
{
    /// <summary>Maximum number of characters that are kept: as many as a subject may have (OpenID Connect Core 1.0 §2).</summary>
    public const int MaxLength = 255;

    /// <summary>Length of the hash in characters: 128 bits of SHA-256.</summary>
    private const int HashLength = 32;

    /// <summary>
    /// Replaces control characters, invisible and direction-changing characters (<see cref="InvisibleText.IsInvisible"/>) and halves of characters by
    /// U+FFFD, and cuts what is too long, with an ellipsis. Text that is changed ends in <c>#</c> and the first half of the SHA-256 of what it was,
    /// in UTF-8; with halves of characters, for which UTF-8 has no form, in UTF-16 behind a byte 0xFF, with which no UTF-8 begins. So does text that
    /// holds U+FFFD itself: it could imitate a changed one.
    /// </summary>
    public static string? Clean(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var clean = LoggedText.Clean(text, MaxLength);
        return clean == text && !text.Contains('\ufffd', StringComparison.Ordinal) ? text : $"{clean} #{Hash(text)}";
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
