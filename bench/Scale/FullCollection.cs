using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace NclueGateway.Scale;

/// <summary>
/// Triggers a full garbage collection in another .NET process, so that its heap then contains only live objects. It
/// uses the diagnostics port, as <c>dotnet-gcdump</c> does: a trace with the keyword <c>GCHeapCollect</c> begins with a
/// full collection (<c>github.com/dotnet/diagnostics/blob/main/documentation/design-docs/ipc-protocol.md</c>).
/// </summary>
internal static class FullCollection
{
    private const int HeaderLength = 20;
    private const byte EventPipe = 2;
    private const byte CollectTracing = 2;
    private const ulong CollectKeyword = 0x80_0000;
    private const string Provider = "Microsoft-Windows-DotNETRuntime";

    /// <summary>
    /// Starts the trace, waits until <paramref name="hasCollected"/> returns true, and ends the trace.
    /// </summary>
    /// <param name="process">Process id. The process must have its diagnostics port at the default path.</param>
    /// <param name="hasCollected">Returns true after the collection; called repeatedly.</param>
    /// <exception cref="InvalidOperationException">
    /// There is no such port, or no collection happened within half a minute.
    /// </exception>
    public static async Task RunAsync(int process, Func<Task<bool>> hasCollected)
    {
        // A process that was killed leaves its port behind, and another one may get its number.
        var port = Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{process}-*-socket").MaxBy(File.GetLastWriteTimeUtc)
            ?? throw new InvalidOperationException($"Process {process} has no diagnostics port.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(port));
        await socket.SendAsync(Message());

        // The trace is not needed, but its bytes have to be read.
        var reading = new NetworkStream(socket).CopyToAsync(Stream.Null);
        for (var attempt = 0; !await hasCollected(); attempt++)
        {
            if (attempt == 60 || reading.IsCompleted)
            {
                throw new InvalidOperationException($"Process {process} did not run a full garbage collection.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System); // /metrics is renewed about as often
        }

        socket.Close(); // which ends the trace
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>
    /// Returns the request, little-endian: the header, the size of the buffer (MB), the format of the trace (1), the
    /// number of providers (1), and the provider.
    /// </summary>
    private static byte[] Message()
    {
        var body = new MemoryStream();
        using (var writer = new BinaryWriter(body))
        {
            writer.Write(1u);
            writer.Write(1u);
            writer.Write(1u);
            writer.Write(CollectKeyword);
            writer.Write(4u); // informational
            writer.Write((uint)Provider.Length + 1);
            writer.Write(Encoding.Unicode.GetBytes(Provider + '\0'));
            writer.Write(0u); // no arguments
        }

        byte[] message = [.. "DOTNET_IPC_V1\0"u8, 0, 0, EventPipe, CollectTracing, 0, 0, .. body.ToArray()];
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(HeaderLength - 6), (ushort)message.Length);
        return message;
    }
}
