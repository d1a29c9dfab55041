using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NclueGateway.Http;

/// <summary>
/// Limits for requests of callers that are not authenticated yet. Exceeding one of the first four gets status 414, 431, 431 or 413.
/// </summary>
internal static class RequestLimits
{
    /// <summary>
    /// Maximum length of the request line in bytes, with method and version. The gateway's own addresses are short; a
    /// sign-in callback is longer.
    /// </summary>
    public const int RequestLine = 8 * 1024;

    /// <summary>
    /// Maximum length of all headers in bytes. Enough for a large access token and a session cookie, each split into
    /// pieces of 4 kB by browsers and proxies.
    /// </summary>
    public const int AllHeaders = 32 * 1024;

    /// <summary>Maximum number of header fields. Browsers behind two proxies send about 30.</summary>
    public const int HeaderCount = 100;

    /// <summary>Maximum length of a body in bytes. The only bodies are forms of sign-in and sign-out, with a code or one token.</summary>
    public const int Body = 16 * 1024;

    /// <summary>
    /// Maximum number of open connections of each endpoint; further ones are closed at once. It must stay below the
    /// limit of open files: a server at that limit cannot accept a connection. A connection costs 11 kB before its
    /// first request and 18 kB after it.
    /// </summary>
    public const int Connections = 10_000;

    /// <summary>
    /// Maximum number of open connections of one address (<see cref="ConnectionLimiter"/>). Many people may share one
    /// address, with up to six connections each. It does not apply to known proxies, which forward the requests of many
    /// callers.
    /// </summary>
    public const int ConnectionsPerAddress = 1_000;

    /// <summary>Timeout for the first byte on a new connection. Browsers open connections in advance, but for a shorter time.</summary>
    public static readonly TimeSpan FirstByteWithin = TimeSpan.FromSeconds(10);

    /// <summary>Timeout for the first request after the first byte of a TLS connection: covers the handshake and the headers.</summary>
    public static readonly TimeSpan FirstRequestWithin = TimeSpan.FromSeconds(20);

    /// <summary>Timeout for all headers. A client that needs longer is occupying a connection, not sending a request.</summary>
    public static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Keep-alive timeout, longer than the usual 60 s of proxies. The client should close first, or it may send a request
    /// on a closed connection.
    /// </summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(130);

    public static void Apply(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // Bytes beyond ASCII in a header are opaque data (RFC 9110 §5.5): single sign-on proxies send names in Latin-1 or
        // EUC-KR. Latin-1 decodes each byte as one character, so none of them makes a request invalid. The gateway
        // compares header values with ASCII only.
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
