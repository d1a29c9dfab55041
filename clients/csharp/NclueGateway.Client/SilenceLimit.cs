namespace NclueGateway.Client;

/// <summary>Reads the body of a stream. A read that takes too long, or is cut off, throws one kind of exception.</summary>
/// <remarks>
/// Time passes only while a byte is awaited: neither a caller that is busy nor a long message on a slow line looks like a broken
/// connection.
/// </remarks>
/// <param name="body">The body.</param>
/// <param name="maxSilence">Maximum time of one read.</param>
/// <param name="time">Clock of the limit.</param>
internal sealed class SilenceLimit(Stream body, TimeSpan maxSilence, TimeProvider time) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var silence = new CancellationTokenSource(maxSilence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await body.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ChangeStream.CutOff(new TimeoutException());
        }
        catch (IOException cut) when (!cancellationToken.IsCancellationRequested)
        {
            throw ChangeStream.CutOff(cut);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }
}
