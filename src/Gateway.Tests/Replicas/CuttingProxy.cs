using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Tests.Replicas;

/// <summary>
/// Relays bytes between clients and a server on loopback, until a test makes it cut connections in the middle of a reply.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private volatile bool _isCutting;

    public CuttingProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"{_listener.LocalEndpoint}";

    /// <summary>Number of replies that were cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>Cuts every reply from now on after its first byte, and closes its connection.</summary>
    public void Cut() => _isCutting = true;

    /// <summary>Relays all bytes from now on.</summary>
    public void Mend() => _isCutting = false;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
            {
                passing.Add(PassAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
                await await Task.WhenAny(CopyAsync(client, server, isReply: false), CopyAsync(server, client, isReply: true));
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                // One end has closed the connection; the other one is closed too.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[16_384];
        while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var length)
        {
            if (isReply && _isCutting)
            {
                await to.SendAsync(buffer.AsMemory(0, 1), _end.Token);
                Cuts++;
                return;
            }

            await to.SendAsync(buffer.AsMemory(0, length), _end.Token);
        }
    }
}
