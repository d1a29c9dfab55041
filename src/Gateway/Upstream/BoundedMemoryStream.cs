namespace NclueGateway.Upstream;

/// <summary>
/// Body of one response, up to a maximum length. A longer write fails; <see cref="IsTooLong"/> then gives the reason.
/// </summary>
internal sealed class BoundedMemoryStream(int longest) : MemoryStream
{
    public ReadOnlyMemory<byte> Written => GetBuffer().AsMemory(0, (int)Length);

    public bool IsTooLong { get; private set; }

    /// <inheritdoc/>
    /// <remarks>The other overloads that write several bytes call this one in a derived class.</remarks>
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
