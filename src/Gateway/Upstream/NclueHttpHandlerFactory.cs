using System.Net;
using NclueGateway.Http;
using NclueGateway.Upstream.Pacing;

namespace NclueGateway.Upstream;

/// <summary>Factory of the HTTP handler for NCLUE, with the settings that YARP recommends and paced writes.</summary>
internal static class NclueHttpHandlerFactory
{
    /// <summary>The key under which the handler is registered.</summary>
    public const string Key = "nclue";

    /// <summary>Creates a handler that sends each request only with a permit of <paramref name="gate"/>.</summary>
    /// <param name="gate">Grants the permits.</param>
    /// <param name="proxy">The proxy that the requests go through, if one is set.</param>
    public static SocketsHttpHandler CreateHandler(RequestGate gate, EgressProxy proxy) => new()
    {
        // A redirected request would carry its signature, and the key's name, to another address.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = proxy.IsSet, // the proxy of the environment has no effect
        Proxy = proxy.Create(),

        // The handler would add traceparent to each request whenever an Activity exists.
        ActivityHeadersPropagator = null,

        // A reused connection needs no handshake, so its requests arrive as soon as they are sent.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(30), // follows a change of NCP's addresses

        // CONNECT opens a tunnel: NCLUE does not receive it. The connection in the tunnel comes here too, with its first request.
        PlaintextStreamFilter = (connection, _) => ValueTask.FromResult(connection.InitialRequestMessage.Method == HttpMethod.Connect
            ? connection.PlaintextStream
            : new PacedStream(connection.PlaintextStream, gate)),
    };
}
