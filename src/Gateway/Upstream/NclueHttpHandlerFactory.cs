using System.Net;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>Factory of the HTTP handler for NCLUE, with the settings that YARP recommends and paced writes.</summary>
internal static class NclueHttpHandlerFactory
{
    /// <summary>The key under which the handler is registered.</summary>
    public const string Key = "nclue";

    /// <summary>Creates a handler that sends each request only with a permit of <paramref name="gate"/>.</summary>
    public static SocketsHttpHandler CreateHandler(RequestGate gate) => new()
    {
        // A redirected request would carry its signature, and the key's name, to another address.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,

        // The handler would add traceparent to each request whenever an Activity exists.
        ActivityHeadersPropagator = null,

        // A reused connection needs no handshake, so its requests arrive as soon as they are sent.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(30), // follows a change of NCP's addresses

        PlaintextStreamFilter = (connection, _) => ValueTask.FromResult<Stream>(new PacedStream(connection.PlaintextStream, gate)),
    };
}
