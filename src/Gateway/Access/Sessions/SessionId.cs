using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NclueGateway.Access.Sessions;

/// <summary>
/// The secret of a browser's session: 256 random bits in the cookie <c>__Host-nclue-session</c>. The server stores only its
/// SHA-256 (<see cref="Key"/>), so that read access to the store is not enough to use a session.
/// </summary>
internal sealed class SessionId
{
    /// <summary>Name of the cookie. Its prefix makes browsers require Secure, the path / and no domain (RFC 6265bis §4.1.3.2).</summary>
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

    /// <summary>Key under which the session is stored.</summary>
    public string Key { get; }

    public static SessionId Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Returns true if a text has the form of a <see cref="Key"/>.</summary>
    public static bool IsKey(string text) => text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Returns the id in the cookie of a request; null without one of the right form.</summary>
    public static SessionId? Of(HttpRequest request) =>
        request.Cookies[CookieName] is { Length: Length } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new(text)
            : null;

    /// <summary>Sends the cookie, which lasts until the browser is closed: the server decides when the session ends.</summary>
    public void AppendTo(HttpResponse response) => response.Cookies.Append(CookieName, _text, Attributes);

    public static void RemoveFrom(HttpResponse response) => response.Cookies.Delete(CookieName, Attributes);
}
