using System.Buffers;

namespace NclueGateway.TaskRuns;

/// <summary>
/// Room for a body whose length is known, taken in one piece where that is not too large: the server sends a piece as it is, and each further one
/// costs it a lock, a block of its pool and an entry in what it gives to the system.
/// </summary>
internal ref struct BodyRoom(IBufferWriter<byte> body, int length)
{
    /// <summary>The most that is taken in one piece, in bytes: what is larger would come from the heap for large objects.</summary>
    public const int LargestPiece = 64 * 1024;

    private Span<byte> _piece;
    private int _written;
    private int _left = length;

    /// <summary>Copies some of the body. The last of it has it handed over.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_written == _piece.Length)
            {
                ArgumentOutOfRangeException.ThrowIfZero(_left, nameof(bytes)); // more than was said
                _piece = body.GetSpan(Math.Min(_left, LargestPiece));
                _piece = _piece[..Math.Min(_left, _piece.Length)];
                _written = 0;
            }

            var some = bytes[..Math.Min(bytes.Length, _piece.Length - _written)];
            some.CopyTo(_piece[_written..]);
            _written += some.Length;
            bytes = bytes[some.Length..];
            if (_written == _piece.Length)
            {
                body.Advance(_written);
                _left -= _written;
            }
        }
    }
}
