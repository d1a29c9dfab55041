namespace NclueGateway.Mirror.Blocks;

/// <summary>One block in memory, with what is known of its readers. Readers mark it without a lock; only the refresher renews it.</summary>
/// <param name="block">The first copy.</param>
/// <param name="readAt">The timestamp of the read that it was fetched for.</param>
internal sealed class BlockEntry(TaskRunBlock block, long readAt)
{
    private volatile TaskRunBlock _block = block;
    private volatile bool _isUnread = true;
    private long _lastReadAt = readAt;

    /// <summary>The newest copy.</summary>
    public TaskRunBlock Block => _block;

    /// <summary>The timestamp of the last read.</summary>
    public long LastReadAt => Volatile.Read(ref _lastReadAt);

    /// <summary>Whether this copy has not been read since it was stored.</summary>
    public bool IsUnread => _isUnread;

    /// <summary>Notes a read.</summary>
    /// <param name="now">The timestamp of the read.</param>
    /// <param name="interest">How long a read counts, in timestamp units.</param>
    /// <returns>Whether the block was not kept fresh before this read, or not for much longer.</returns>
    public bool MarkRead(long now, long interest)
    {
        var shouldRefresh = _isUnread || now - LastReadAt > interest / 2;
        Volatile.Write(ref _lastReadAt, now);
        _isUnread = false;
        return shouldRefresh;
    }

    /// <summary>Replaces the copy. Readers of the old copy have yet to show that they want the new one.</summary>
    public void Replace(TaskRunBlock block)
    {
        _block = block;
        _isUnread = true;
    }
}
