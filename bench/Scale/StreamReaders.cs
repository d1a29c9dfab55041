using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NclueGateway.Scale;

/// <summary>
/// Many readers of the gateway's event stream, each with a connection of its own. They allocate next to nothing per event.
/// </summary>
internal sealed class StreamReaders : IAsyncDisposable
{
    /// <summary>Streams of one address of this machine: the gateway limits the connections of each address.</summary>
    private const int StreamsPerAddress = 900;

    private const int AtOnce = 100;

    private readonly List<StreamReader> _readers = [];
    private readonly List<Task> _reading = [];
    private readonly List<Socket> _silent = [];

    /// <summary>Number of messages that all readers have got, bookmarks included.</summary>
    public long Messages => _readers.Sum(reader => reader.Messages);

    /// <summary>Number of bytes that all readers have got.</summary>
    public long Bytes => _readers.Sum(reader => reader.Bytes);

    /// <summary>Number of readers.</summary>
    public int Count => _readers.Count;

    /// <summary>Opens streams.</summary>
    /// <param name="gateway">Any address of the gateway on 127.0.0.1.</param>
    /// <param name="tokens">Access tokens; the streams take them in turn.</param>
    /// <param name="count">Number of streams.</param>
    public async Task OpenAsync(Uri gateway, IReadOnlyList<string> tokens, int count)
    {
        foreach (var batch in Enumerable.Range(0, count).Chunk(AtOnce))
        {
            var opened = batch
                .Select(number => StreamReader.Create(Connect(gateway, number), gateway, tokens[number % tokens.Count]))
                .ToList();
            _readers.AddRange(opened);
            _reading.AddRange(opened.Select(reader => reader.ReadAsync()));
            await UntilAsync(() => opened.TrueForAll(reader => reader.Messages > 0));
        }
    }

    /// <summary>Opens streams whose clients never read.</summary>
    public void OpenSilent(Uri gateway, IReadOnlyList<string> tokens, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var socket = Connect(gateway, number, firstAddress: 100, receiveBuffer: 4 * 1024);
            socket.Send(StreamReader.Request(gateway, tokens[number % tokens.Count]));
            _silent.Add(socket);
        }
    }

    /// <summary>Closes the streams whose clients never read.</summary>
    public void CloseSilent() => _silent.ForEach(socket => socket.Dispose());

    /// <summary>
    /// Waits until all readers have got one more message with changes, and returns the times of the first and the last one.
    /// </summary>
    /// <param name="change">Changes the list.</param>
    public async Task<(TimeSpan First, TimeSpan Last)> UntilToldAsync(Action change)
    {
        var before = _readers.Select(reader => reader.Changes).ToList();
        var began = TimeProvider.System.GetTimestamp();
        change();
        await UntilAsync(() => _readers.Index().All(reader => reader.Item.Changes > before[reader.Index]));
        var times = _readers.Select(reader => TimeProvider.System.GetElapsedTime(began, reader.ChangedAt)).ToList();
        return (times.Min(), times.Max());
    }

    public async ValueTask DisposeAsync()
    {
        CloseSilent();
        _readers.ForEach(reader => reader.Dispose());
        await Task.WhenAll(_reading);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException("Not all streams got what was expected within a minute.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static Socket Connect(Uri gateway, int number, int firstAddress = 2, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveBufferSize = receiveBuffer ?? socket.ReceiveBufferSize;
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(firstAddress + (number / StreamsPerAddress))]), 0));
        socket.Connect(IPAddress.Loopback, gateway.Port);
        return socket;
    }

    /// <summary>The reader of one stream. It counts messages without parsing them.</summary>
    private sealed class StreamReader(Socket socket) : IDisposable
    {
        private const int Carried = 13; // one byte less than the mark

        private static ReadOnlySpan<byte> Mark => "event: changes"u8;

        private readonly byte[] _received = new byte[Carried + 4_096];
        private bool _isChange;
        private long _bytes;
        private long _messages;
        private long _changes;
        private long _changedAt;

        public long Bytes => Volatile.Read(ref _bytes);

        public long Messages => Volatile.Read(ref _messages);

        public long Changes => Volatile.Read(ref _changes);

        /// <summary>Timestamp of the end of the last message with changes.</summary>
        public long ChangedAt => Volatile.Read(ref _changedAt);

        public static StreamReader Create(Socket socket, Uri gateway, string token)
        {
            socket.Send(Request(gateway, token));
            return new(socket);
        }

        public static byte[] Request(Uri gateway, string token) => Encoding.ASCII.GetBytes(
            $"GET /api/task-runs/changes HTTP/1.1\r\nHost: {gateway.Authority}\r\nAccept: text/event-stream\r\n"
            + $"Authorization: Bearer {token}\r\n\r\n");

        public async Task ReadAsync()
        {
            try
            {
                while (await socket.ReceiveAsync(_received.AsMemory(Carried)) is > 0 and var length)
                {
                    _bytes += length;
                    Take(_received.AsSpan(0, Carried + length));
                    _received.AsSpan(length, Carried).CopyTo(_received); // a mark may begin in one part and end in the next
                }
            }
            catch (SocketException)
            {
                // This side has closed it.
            }
            catch (ObjectDisposedException)
            {
                // Likewise.
            }
        }

        public void Dispose() => socket.Dispose();

        private void Take(ReadOnlySpan<byte> part)
        {
            var (start, from) = (0, Carried - 1);
            while (part[from..].IndexOf("\n\n"u8) is >= 0 and var length)
            {
                _isChange |= part[start..(from + length)].IndexOf(Mark) >= 0;
                Complete();
                start = from = from + length + 2;
            }

            _isChange |= part[start..].IndexOf(Mark) >= 0;
        }

        private void Complete()
        {
            if (_isChange)
            {
                Volatile.Write(ref _changedAt, TimeProvider.System.GetTimestamp());
                Volatile.Write(ref _changes, _changes + 1);
                _isChange = false;
            }

            Volatile.Write(ref _messages, _messages + 1);
        }
    }
}
