using System.Buffers;

namespace NclueGateway.Nclue;

/// <summary>The body of one answer, up to a longest one. A byte more and the write fails; <see cref="IsTooLong"/> then says why.</summary>
internal sealed class BoundedBuffer(int longest) : Stream
{
    private readonly ArrayBufferWriter<byte> _written = new();

    public ReadOnlyMemory<byte> Written => _written.WrittenMemory;

    public bool IsTooLong { get; private set; }

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return default;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > longest - _written.WrittenCount)
        {
            IsTooLong = true;
            throw new IOException("The answer is too long.");
        }

        _written.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
