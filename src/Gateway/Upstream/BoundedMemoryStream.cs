namespace NclueGateway.Upstream;

/// <summary>
/// The body of one response, up to a maximum length. A byte more and the write fails; <see cref="IsTooLong"/> then gives the reason.
/// </summary>
internal sealed class BoundedMemoryStream(int longest) : MemoryStream
{
    public ReadOnlyMemory<byte> Written => GetBuffer().AsMemory(0, (int)Length);

    public bool IsTooLong { get; private set; }

    /// <inheritdoc/>
    /// <remarks>In a derived class, all other ways to write several bytes end here.</remarks>
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (count > longest - Length)
        {
            IsTooLong = true;
            throw new IOException("The response is too long.");
        }

        base.Write(buffer, offset, count);
    }
}
