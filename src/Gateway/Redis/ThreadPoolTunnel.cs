using System.Net;
using System.Net.Sockets;
using NclueGateway.Operations;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace NclueGateway.Redis;

/// <summary>
/// Has TLS with Redis go on in the thread pool (<see cref="ThreadPoolStream"/>): checking a certificate may have to wait for one from elsewhere.
/// </summary>
internal sealed class ThreadPoolTunnel : Tunnel
{
    public override ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
        new(socket is null ? null : new ThreadPoolStream(new NetworkStream(socket, ownsSocket: true)));
}
