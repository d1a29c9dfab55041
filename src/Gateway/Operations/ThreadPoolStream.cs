using System.Net.Sockets;

namespace NclueGateway.Operations;

/// <summary>
/// A connection to elsewhere. Whoever waits for it goes on in the thread pool and not on the thread that watches sockets
/// (<see cref="InlineCompletions"/>): TLS, which may have to look for certificates, and all that is done with an answer.
/// </summary>
internal sealed class ThreadPoolStream(Stream inner) : DelegatingStream(inner)
{
    /// <summary>Connects as <see cref="SocketsHttpHandler"/> does by itself: for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await LeaveAsync(socket.ConnectAsync(context.DnsEndPoint, cancellationToken).AsTask());
            return new ThreadPoolStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = Inner.ReadAsync(buffer, cancellationToken);
        return reading.IsCompleted ? reading : ReadAsync(reading.AsTask());

        static async ValueTask<int> ReadAsync(Task<int> reading)
        {
            await LeaveAsync(reading);
            return await reading;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var writing = Inner.WriteAsync(buffer, cancellationToken);
        return writing.IsCompleted ? writing : new(LeaveAsync(writing.AsTask()));
    }

    /// <summary>Waits, and has the caller go on in the thread pool, whatever came of it.</summary>
    private static async Task LeaveAsync(Task waitingFor)
    {
        await waitingFor.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await waitingFor;
    }
}
