using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The secret that a browser holds, 256 random bits, in the cookie <c>__Host-nclue-session</c>. The server keeps only its SHA-256
/// (<see cref="Key"/>), so that nobody who reads the store can use a session.
/// </summary>
internal sealed class SessionId
{
    /// <summary>The prefix makes browsers insist on Secure, the path / and no domain (RFC 6265bis §4.1.3.2).</summary>
    public const string CookieName = "__Host-nclue-session";

    private const int Length = 43; // 32 bytes in base64url

    private static readonly CookieOptions Attributes =
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true };

    private readonly string _text;

    private SessionId(string text)
    {
        _text = text;
        Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>What the session is stored under.</summary>
    public string Key { get; }

    public static SessionId Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Whether a text could be a <see cref="Key"/>.</summary>
    public static bool IsKey(string text) => text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The one that a request brings; null when it brings none that could be one.</summary>
    public static SessionId? Of(HttpRequest request) =>
        request.Cookies[CookieName] is { Length: Length } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? new(text) : null;

    /// <summary>Gives it to the browser, until that is closed: how long it is good is decided on the server.</summary>
    public void AppendTo(HttpResponse response) => response.Cookies.Append(CookieName, _text, Attributes);

    public static void RemoveFrom(HttpResponse response) => response.Cookies.Delete(CookieName, Attributes);
}
