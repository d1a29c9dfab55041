namespace NclueGateway.Caching;

/// <summary>One block in memory, and who cares for it. Readers touch it without a lock; only the refresher renews it.</summary>
/// <param name="block">The first copy.</param>
/// <param name="readAt">The timestamp of the read that it was fetched for.</param>
internal sealed class HeldBlock<T>(T block, long readAt)
    where T : class
{
    private T _block = block;
    private long _lastReadAt = readAt;
    private bool _isUnread = true;

    /// <summary>The newest copy.</summary>
    public T Block => Volatile.Read(ref _block);

    /// <summary>The timestamp of the last read.</summary>
    public long LastReadAt => Volatile.Read(ref _lastReadAt);

    /// <summary>Whether nobody has come to read this copy since it was stored.</summary>
    public bool IsUnread => Volatile.Read(ref _isUnread);

    /// <summary>Notes a read at timestamp <paramref name="now"/>.</summary>
    /// <param name="interest">How long a read counts, in timestamp units.</param>
    /// <returns>Whether the block was not wanted before this read, or not for much longer.</returns>
    public bool Touch(long now, long interest)
    {
        var since = now - LastReadAt;
        var isNews = IsUnread || since > interest / 2;

        // Written rarely, so that readers on other cores keep their copy of this line.
        if (since > interest / 64)
        {
            Volatile.Write(ref _lastReadAt, now);
        }

        if (isNews)
        {
            Volatile.Write(ref _isUnread, false);
        }

        return isNews;
    }

    /// <summary>Replaces the copy. Whoever read the old one has yet to show that it wants the new one.</summary>
    public void Renew(T block)
    {
        Volatile.Write(ref _block, block);
        Volatile.Write(ref _isUnread, true);
    }
}
