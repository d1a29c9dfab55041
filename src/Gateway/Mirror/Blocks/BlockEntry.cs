namespace NclueGateway.Mirror.Blocks;

/// <summary>
/// One block in memory, with the time of its last read. Readers mark it as read without a lock; only the refresher
/// replaces its copy.
/// </summary>
/// <param name="block">The first copy.</param>
/// <param name="readAt">The timestamp that counts as its last read until it is read.</param>
internal sealed class BlockEntry(TaskRunBlock block, long readAt)
{
    private volatile TaskRunBlock _block = block;
    private volatile bool _isUnread = true;
    private long _lastReadAt = readAt;

    /// <summary>The newest copy.</summary>
    public TaskRunBlock Block => _block;

    /// <summary>The timestamp of the last read.</summary>
    public long LastReadAt => Volatile.Read(ref _lastReadAt);

    /// <summary>True if this copy has not been read since it was stored.</summary>
    public bool IsUnread => _isUnread;

    /// <summary>Records a read.</summary>
    /// <param name="now">The timestamp of the read.</param>
    /// <param name="interest">Time for which a read keeps the block fresh, in timestamp units.</param>
    /// <returns>
    /// True if the block was not kept fresh before this read, or would have been for at most half of
    /// <paramref name="interest"/>.
    /// </returns>
    public bool MarkRead(long now, long interest)
    {
        var shouldRefresh = _isUnread || now - LastReadAt > interest / 2;
        Volatile.Write(ref _lastReadAt, now);
        _isUnread = false;
        return shouldRefresh;
    }

    /// <summary>Replaces the copy. The new one is kept fresh only after it has been read.</summary>
    public void Replace(TaskRunBlock block)
    {
        _block = block;
        _isUnread = true;
    }
}
