namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// One block in memory, with the time of its last read. Readers mark it as read without a lock; only the refresher
/// replaces its copy.
/// </summary>
/// <param name="block">The first copy.</param>
/// <param name="readAt">The timestamp that counts as the last read before there has been one.</param>
internal sealed class BlockEntry(TaskRunBlock block, long readAt)
{
    private volatile TaskRunBlock _block = block;
    private volatile bool _isUnread = true;
    private long _lastReadAt = readAt;

    /// <summary>The newest copy.</summary>
    public TaskRunBlock Block { get => _block; set => _block = value; }

    /// <summary>The timestamp of the last read.</summary>
    public long LastReadAt { get => Volatile.Read(ref _lastReadAt); set => Volatile.Write(ref _lastReadAt, value); }

    /// <summary>True if this copy has not been read since it was stored.</summary>
    public bool IsUnread { get => _isUnread; set => _isUnread = value; }
}
