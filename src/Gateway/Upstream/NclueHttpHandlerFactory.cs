using System.Net;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>The connections to NCLUE: as plain as YARP wants them, and paced.</summary>
internal static class NclueHttpHandlerFactory
{
    /// <summary>The key under which the handler is registered.</summary>
    public const string Key = "nclue";

    /// <summary>A handler whose every request needs a departure of <paramref name="wire"/>.</summary>
    public static SocketsHttpHandler CreateHandler(RequestGate wire) => new()
    {
        // A redirected request would carry its signature, and the key's name, to another address.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,

        // The handler adds traceparent on its own whenever an Activity exists.
        ActivityHeadersPropagator = null,

        // A connection that stands costs no handshake, and its requests arrive when they are sent.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(30), // follows a change of NCP's addresses

        PlaintextStreamFilter = (connection, _) => ValueTask.FromResult<Stream>(new PacedStream(connection.PlaintextStream, wire)),
    };
}
