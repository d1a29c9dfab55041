using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NclueGateway.Http;

/// <summary>
/// What the server takes at most of a caller it does not know yet. The first four are refused with 414, 431, 431 and 413.
/// </summary>
internal static class RequestLimits
{
    /// <summary>In bytes, method and version included. The gateway's own addresses are short; a provider's answer to a sign-in is longer.</summary>
    public const int RequestLine = 8 * 1024;

    /// <summary>In bytes. Room for a large access token and a session cookie, each cut into pieces of 4 kB by browsers and proxies.</summary>
    public const int AllHeaders = 32 * 1024;

    /// <summary>How many header fields. Browsers behind two proxies send about 30.</summary>
    public const int HeaderCount = 100;

    /// <summary>In bytes. The only bodies are those of signing in and out: forms with a code or one token.</summary>
    public const int Body = 16 * 1024;

    /// <summary>
    /// Maximum number of open connections of each endpoint; more are closed at once. Fewer than the files that a process may have open, where each
    /// would be tried in vain. One costs 11 kB before its first request and 18 kB after it.
    /// </summary>
    public const int Connections = 10_000;

    /// <summary>
    /// Maximum number of them that one address may have (<see cref="ConnectionLimiter"/>). Many people may come from one address, with up to six
    /// connections each; known proxies, which carry the requests of many callers, may have all.
    /// </summary>
    public const int ConnectionsPerAddress = 1_000;

    /// <summary>Time for the first byte on a new connection. Browsers open connections in advance, but for a shorter time.</summary>
    public static readonly TimeSpan FirstByteWithin = TimeSpan.FromSeconds(10);

    /// <summary>Time for the first request after the first byte of a connection over TLS: for the handshake and for the headers.</summary>
    public static readonly TimeSpan FirstRequestWithin = TimeSpan.FromSeconds(20);

    /// <summary>For the whole of the headers. Whoever needs longer is holding a connection, not sending a request.</summary>
    public static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the usual 60 s of proxies: the side that sends should close first, or its next request meets a closed door.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(130);

    public static void Apply(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // Bytes beyond ASCII in a header are opaque data (RFC 9110 §5.5): single sign-on proxies send names in Latin-1 or EUC-KR. As Latin-1 each byte
        // is one character, so none of them makes a request invalid. What the gateway reads of a header is compared with ASCII.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.Limits.MaxConcurrentConnections = Connections;
        kestrel.Limits.MaxRequestLineSize = RequestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = AllHeaders;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
        kestrel.Limits.MaxRequestBodySize = Body;
        kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.ConfigureEndpointDefaults(ConnectionLimiter.Apply);
    }
}
