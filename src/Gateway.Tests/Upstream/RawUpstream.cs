using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NclueGateway.Tests.Upstream;

/// <summary>
/// An upstream that is not a web server: it records every byte of each request's head and responds with exactly the bytes that a test
/// specifies. For responses that no real server can be made to send.
/// </summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _requests = [];
    private readonly List<Task> _connections = [];
    private readonly Func<int, Task<byte[]?>> _respond;
    private readonly bool _closes;
    private readonly Task _accepting;

    private RawUpstream(Func<int, Task<byte[]?>> respond, bool closes)
    {
        _respond = respond;
        _closes = closes;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri BaseAddress => new($"http://{_listener.LocalEndpoint}/api/v1/");

    /// <summary>Requests so far: the head of each as text.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <param name="respond">Returns the response to request n, counted from 1; null closes the connection without one.</param>
    /// <param name="closes">True if each connection is closed after its first response.</param>
    public static RawUpstream Start(Func<int, Task<byte[]?>> respond, bool closes = false) => new(respond, closes);

    /// <summary>Starts a server that sends every request the same response.</summary>
    public static RawUpstream Start(byte[] response, bool closes = false) => new(_ => Task.FromResult<byte[]?>(response), closes);

    /// <summary>Starts a server that sends every request the same response.</summary>
    public static RawUpstream Start(string response, bool closes = false) => Start(Encoding.UTF8.GetBytes(response), closes);

    /// <summary>Returns a response with a body of known length.</summary>
    public static byte[] Http(int status, byte[] body, params string[] headers) =>
    [
        .. Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\n{string.Concat(headers.Select(h => h + "\r\n"))}Content-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The listener was stopped, perhaps before it accepted a connection.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                while (await ReadHeadAsync(stream) is { } head)
                {
                    int number;
                    lock (_requests)
                    {
                        _requests.Add(head);
                        number = _requests.Count;
                    }

                    if (await _respond(number) is not { } response)
                    {
                        return;
                    }

                    await stream.WriteAsync(response, _stopping.Token);
                    if (_closes)
                    {
                        return;
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // The client has closed the connection.
            }
        }
    }

    /// <summary>Reads the head of a request; null when the client has closed the connection.</summary>
    private async Task<string?> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, _stopping.Token);
            if (count == 0)
            {
                return null;
            }

            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
            if (head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString();
            }
        }
    }
}
