using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace NclueGateway.Micro;

/// <summary>
/// A client that allocates nothing per request. Allocations of the process during a request are the server's and the
/// application's.
/// </summary>
/// <remarks>Reads only what Kestrel sends here: HTTP/1.1 with a Content-Length or without a body.</remarks>
internal sealed class KeepAliveClient : IDisposable
{
    private readonly Socket _socket =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
    private readonly byte[] _received = new byte[256 * 1024];
    private int _headLength;
    private int _bodyLength;

    /// <summary>Connects to a server on 127.0.0.1.</summary>
    /// <param name="address">Address of the server; only its port is used.</param>
    public KeepAliveClient(Uri address) => _socket.Connect(IPAddress.Loopback, address.Port);

    /// <summary>The body of the last response; overwritten by the next one.</summary>
    public ReadOnlySpan<byte> Body => _received.AsSpan(_headLength, _bodyLength);

    /// <summary>The head of the last response; overwritten by the next one.</summary>
    public ReadOnlySpan<byte> Head => _received.AsSpan(0, _headLength);

    /// <summary>Sends a request and reads the whole response.</summary>
    /// <param name="request">The whole request.</param>
    /// <returns>The status.</returns>
    /// <exception cref="SocketException">No response came within ten seconds.</exception>
    /// <exception cref="IOException">The connection was closed, or this client cannot read the response.</exception>
    public int Ask(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[_socket.Send(request)..];
        }

        var length = 0;
        (_headLength, _bodyLength) = (0, 0);
        while (_headLength == 0 || length < _headLength + _bodyLength)
        {
            var came = _socket.Receive(_received.AsSpan(length));
            if (came == 0)
            {
                throw new IOException("The connection was closed.");
            }

            length += came;
            if (_headLength == 0 && _received.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                _headLength = end + 4;
                _bodyLength = LengthIn(Head);
            }
        }

        return Head.StartsWith("HTTP/1.1 "u8)
            && Utf8Parser.TryParse(Head[9..], out int status, out _)
            && length == _headLength + _bodyLength
            ? status
            : throw new IOException("This is not the response to one request.");
    }

    public void Dispose() => _socket.Dispose();

    private static int LengthIn(ReadOnlySpan<byte> head)
    {
        var name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _) ? length : 0;
    }
}
