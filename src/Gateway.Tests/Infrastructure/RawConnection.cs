using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NclueGateway.Tests.Infrastructure;

/// <summary>A TCP connection that sends bytes that no HTTP client would send, or none.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;

    private RawConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        Stream = stream;
    }

    public Stream Stream { get; }

    /// <param name="gateway">The address to connect to.</param>
    /// <param name="from">The loopback address of the client.</param>
    public static async Task<RawConnection> OpenAsync(Uri gateway, string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port, TestContext.Current.CancellationToken);
        return new(socket, new NetworkStream(socket));
    }

    public ValueTask SendAsync(string text) => Stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>Reads until a text was received, or the server closes the connection.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var seen = new StringBuilder();
        var buffer = new byte[4096];
        while (!seen.ToString().Contains(end, StringComparison.Ordinal)
            && await Stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
        {
            seen.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return seen.ToString();
    }

    /// <summary>Sends a request for <c>/health/live</c> and returns the status; null when the server closes the connection.</summary>
    public async Task<string?> AskAsync()
    {
        try
        {
            await SendAsync("HEAD /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n");
            var response = new byte[4096];
            var read = await Stream.ReadAsync(response, TestContext.Current.CancellationToken);
            return read == 0 ? null : Encoding.Latin1.GetString(response, 9, 3);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Waits a moment of the real clock for the server to close the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        try
        {
            return await Stream.ReadAsync(new byte[4096], moment.Token) == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (IOException)
        {
            return true; // reset
        }
    }

    public void Dispose()
    {
        Stream.Dispose();
        _socket.Dispose();
    }
}
