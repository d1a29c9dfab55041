using System.Net;
using System.Net.Sockets;
using NclueGateway.Operations;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace NclueGateway.Redis;

/// <summary>
/// Has everything that follows of connections to Redis go on in the thread pool (<see cref="ThreadPoolStream"/>): TLS, which may have to look for
/// certificates, and reading answers.
/// </summary>
internal sealed class ThreadPoolTunnel : Tunnel
{
    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return socket is null ? null : new ThreadPoolStream(new NetworkStream(socket, ownsSocket: true));
    }
}
