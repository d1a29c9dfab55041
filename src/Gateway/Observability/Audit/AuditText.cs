using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NclueGateway.Configuration;

namespace NclueGateway.Observability.Audit;

/// <summary>
/// Cleans untrusted text for the audit: the result is short, on one line, and has no misleading characters. Different texts stay different.
/// </summary>
internal static class AuditText
{
    /// <summary>Maximum number of characters that are kept: as many as a subject may have (OpenID Connect Core 1.0 §2).</summary>
    public const int MaxLength = 255;

    /// <summary>Length of the hash in characters: 128 bits of SHA-256.</summary>
    private const int HashLength = 32;

    /// <summary>
    /// Replaces control, invisible and direction-changing characters (<see cref="InvisibleText.IsInvisible"/>) and lone
    /// surrogates by U+FFFD, and cuts long text with an ellipsis. Changed text ends in <c>#</c> and the first half of the
    /// SHA-256 of the original in UTF-8. An original with lone surrogates, which UTF-8 cannot encode, is hashed as UTF-16
    /// after a byte 0xFF, with which no UTF-8 begins. Text that itself contains U+FFFD also gets a hash: it could imitate
    /// a changed one.
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
