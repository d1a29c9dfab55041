using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace NclueGateway.TaskRuns.Changes;

/// <summary>
/// Writes messages to one connection. A slow reader holds no copy of a message: it gets the shared bytes in parts, each when there is room
/// for it.
/// </summary>
/// <param name="output">The body of the response.</param>
internal sealed class EventStreamWriter(PipeWriter output)
{
    /// <summary>Maximum number of bytes that are written before the reader must have room for them.</summary>
    public const int MaxUnflushed = 16 * 1024;

    private int _unflushed;

    /// <summary>Writes the time after which the reader opens the next stream. It belongs to the message that follows.</summary>
    public void WriteRetry(TimeSpan retry)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"retry: {(long)retry.TotalMilliseconds}\n");
        _unflushed += (int)Encoding.ASCII.GetBytes(line, output);
    }

    /// <summary>Writes a message. The last part of it is sent with the next one, or by <see cref="FlushAsync"/>.</summary>
    public async ValueTask WriteAsync(EventMessage message)
    {
        for (var rest = message.Bytes; !rest.IsEmpty;)
        {
            var part = rest[..Math.Min(rest.Length, MaxUnflushed - _unflushed)];
            output.Write(part.Span);
            rest = rest[part.Length..];
            _unflushed += part.Length;
            if (_unflushed == MaxUnflushed)
            {
                await FlushAsync();
            }
        }
    }

    /// <summary>Sends what has been written, and waits until the reader has room for more.</summary>
    public async ValueTask FlushAsync()
    {
        if (_unflushed == 0)
        {
            return;
        }

        _unflushed = 0;
        await output.FlushAsync(); // without a token: Kestrel ends a write when the client disconnects
    }
}
