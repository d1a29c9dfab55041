using NclueGateway.Operations;

namespace NclueGateway.Nclue.Pacing;

/// <summary>
/// A connection to the upstream on which every write is one request and needs a departure of the <see cref="Wire"/>. It lies above TLS,
/// so a handshake is none.
/// </summary>
internal sealed class PacedStream(Stream inner, Wire wire) : DelegatingStream(inner)
{
    private bool _isUsed;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var isNew = !_isUsed;
        _isUsed = true;
        await wire.SendAsync(isNew, async () =>
        {
            await Inner.WriteAsync(buffer, cancellationToken);
            await Inner.FlushAsync(cancellationToken);
        });
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Requests are sent asynchronously.");
}
